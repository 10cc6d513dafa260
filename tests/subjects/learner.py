"""The learner in Python, in fractions: reads a question as JSON, answers as JSON."""

from fractions import Fraction


def read(masses):
    return {name: Fraction(mass) for name, mass in masses.items()}


def advance(machine, state, step):
    for rule in machine["states"][state].get("next", []):
        if all(step[part] == rule[part] for part in step if part in rule):
            return rule["to"]  # the first rule that matches
    return state


def answer(question):
    model = question["model"]
    machines, weights = model["policies"], read(model["prior"])
    weights = {name: weights[name] for name in machines}  # class order is that of the policies
    states = {name: machine["start"] for name, machine in machines.items()}

    def emitted(name):
        return read(machines[name]["states"][states[name]]["emit"])

    for step in question["history"]:
        if step["queried"]:  # only what the demonstrator did is evidence
            for name in machines:
                weights[name] *= emitted(name).get(step["action"], 0)
        states = {name: advance(machines[name], states[name], step) for name in machines}

    top, running = [], 0
    for name in sorted(machines, key=lambda name: -weights[name]):  # stable: ties in class order
        running += weights[name]
        if weights[name] == 0 or weights[name] < Fraction(model["alpha"]) * running:
            break
        top.append(name)

    masses = [emitted(name) for name in top]
    minimum = {a: min((m.get(a, 0) for m in masses), default=0) for a in model["actions"]}
    total = sum(weights.values()) or 1  # when every weight is 0, so is the posterior
    return {
        "id": question["id"],
        "top_set": top,
        "posterior": {name: str(weight / total) for name, weight in weights.items()},
        "minimum": {action: str(least) for action, least in minimum.items()},
        "query_probability": str(1 - sum(minimum.values())),
    }


class Learner:
    def steps(self, batch):
        return [answer(question.document) for question in batch]
