// The learner in JavaScript, in BigInt fractions: a question a line in, an answer a line out.
"use strict";
const readline = require("node:readline");

// A plain object would put keys like "10" first and lose the order of the policies, so every key
// gets a dot before it is parsed, and every object becomes a Map.
function parse(line) {
  const dotted = line.replace(/"((?:[^"\\]|\\.)*)"(\s*:)?/g, (whole, text, colon) =>
    colon ? `".${text}":` : whole);
  return JSON.parse(dotted, (_, value) =>
    value === null || typeof value !== "object" || Array.isArray(value)
      ? value
      : new Map(Object.entries(value).map(([key, inner]) => [key.slice(1), inner])));
}

function write(value) {
  if (!(value instanceof Map)) return JSON.stringify(value);
  return `{${[...value].map(([key, inner]) => `${JSON.stringify(key)}:${write(inner)}`).join()}}`;
}

const gcd = (a, b) => { while (b) [a, b] = [b, a % b]; return a; };
const fraction = (text = "0") => {
  const [p, q = "1"] = text.split("/");
  return [BigInt(p), BigInt(q)];
};

// Fractions as integers on one scale, which the result ends with.
function scaled(fractions) {
  const scale = fractions.reduce((all, [, q]) => (all / gcd(all, q)) * q, 1n);
  return [...fractions.map(([p, q]) => p * (scale / q)), scale];
}

function advance(machine, state, step) {
  for (const rule of machine.get("states").get(state).get("next") ?? []) {
    if ([...step].every(([part, value]) => !rule.has(part) || rule.get(part) === value)) {
      return rule.get("to"); // the first rule that matches
    }
  }
  return state;
}

function answer(question) {
  const model = question.get("model");
  const machines = [...model.get("policies").values()];
  const names = [...model.get("policies").keys()]; // in class order
  const states = machines.map((machine) => machine.get("start"));
  const emitted = (i) => machines[i].get("states").get(states[i]).get("emit");
  let weights = scaled(names.map((name) => fraction(model.get("prior").get(name)))).slice(0, -1);

  for (const step of question.get("history")) {
    if (step.get("queried")) { // only what the demonstrator did is evidence
      const seen = scaled(names.map((_, i) => fraction(emitted(i).get(step.get("action")))));
      weights = weights.map((weight, i) => weight * seen[i]);
    }
    machines.forEach((machine, i) => { states[i] = advance(machine, states[i], step); });
  }

  const [up, down] = fraction(model.get("alpha"));
  const ranked = names.map((_, i) => i).sort((i, j) => // stable: ties stay in class order
    (weights[i] > weights[j] ? -1 : weights[i] < weights[j] ? 1 : 0));
  const top = [];
  let running = 0n;
  for (const i of ranked) {
    running += weights[i];
    if (weights[i] === 0n || weights[i] * down < up * running) break;
    top.push(i);
  }

  const least = scaled(model.get("actions").map((action) =>
    top.map((i) => fraction(emitted(i).get(action)))
      .reduce((x, y) => (y[0] * x[1] < x[0] * y[1] ? y : x), top.length ? [1n, 1n] : [0n, 1n])));
  const scale = least.pop();
  const total = weights.reduce((x, y) => x + y, 0n);
  const text = (p, q) => { const d = gcd(p, q); return d ? `${p / d}/${q / d}` : "0"; };
  return new Map([
    ["id", question.get("id")],
    ["top_set", top.map((i) => names[i])],
    ["posterior", new Map(names.map((name, i) => [name, text(weights[i], total)]))],
    ["minimum", new Map(model.get("actions").map((a, i) => [a, text(least[i], scale)]))],
    ["query_probability", text(scale - least.reduce((x, y) => x + y, 0n), scale)],
  ]);
}

readline.createInterface({ input: process.stdin, crlfDelay: Infinity })
  .on("line", (line) => process.stdout.write(`${write(answer(parse(line)))}\n`));
