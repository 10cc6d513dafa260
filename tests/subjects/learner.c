/* The learner in C: questions from standard input, answers to standard output, floats throughout.
 *
 * Standard library only. A line becomes a tree of JSON values; a policy's weight is a long double
 * mantissa and an exponent, so no product underflows. Names are compared and printed as they were
 * written, escapes and all: the questions come from one writer, which writes each name one way.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct Value Value;
struct Value {
    char kind;              /* { [ s t f n or 0 for a number */
    const char *text;       /* of a string, without its quotes */
    size_t length;
    const char *key;        /* of a member of an object */
    size_t key_length;
    Value *child, *next;
};

static void fail(const char *why) {
    fprintf(stderr, "learner: %s\n", why);
    exit(1);
}

/* One arena a question: everything read from a line is given back at once. */
typedef struct Block { struct Block *next; } Block;
static Block *blocks;

static void *take(size_t size) {
    Block *block = calloc(1, sizeof *block + size);
    if (!block) fail("out of memory");
    block->next = blocks;
    blocks = block;
    return block + 1;
}

static void give_back(void) {
    while (blocks) {
        Block *next = blocks->next;
        free(blocks);
        blocks = next;
    }
}

static const char *at;

static void expect(char c) {
    if (*at != c) fail("malformed question");
    at++;
}

static void read_string(const char **text, size_t *length) {
    expect('"');
    *text = at;
    for (; *at != '"'; at++)
        if (!*at || (*at == '\\' && !*++at)) fail("unended string");
    *length = (size_t)(at - *text);
    at++;
}

static Value *read_value(void) {
    Value *value = take(sizeof *value), **tail = &value->child;
    value->kind = *at;
    if (*at == '{' || *at == '[') {
        char end = *at == '{' ? '}' : ']';
        at++;
        while (*at != end) {
            const char *key = NULL;
            size_t length = 0;
            if (end == '}') {
                read_string(&key, &length);
                expect(':');
            }
            *tail = read_value();
            (*tail)->key = key;
            (*tail)->key_length = length;
            tail = &(*tail)->next;
            if (*at == ',') at++;
        }
        at++;
    } else if (*at == '"') {
        value->kind = 's';
        read_string(&value->text, &value->length);
    } else {
        while (*at && !strchr(",]}", *at)) at++;
    }
    return value;
}

static int same(const Value *value, const char *text, size_t length) {
    return value->length == length && !memcmp(value->text, text, length);
}

static Value *find(const Value *object, const char *key, size_t length) {
    for (Value *child = object->child; child; child = child->next)
        if (child->key_length == length && !memcmp(child->key, key, length)) return child;
    return NULL;
}

static Value *member(const Value *object, const char *key) {
    return find(object, key, strlen(key));
}

static size_t count(const Value *value) {
    size_t size = 0;
    for (Value *child = value->child; child; child = child->next) size++;
    return size;
}

/* The leading 18 digits of an integer and the number of those left out: any length is read. */
static long double digits(const char **text, const char *end, long *dropped) {
    long double value = 0;
    int kept = 0;
    *dropped = 0;
    for (; *text < end && **text >= '0' && **text <= '9'; ++*text) {
        if (kept < 18) {
            value = value * 10 + (**text - '0');
            kept += value > 0;
        } else {
            ++*dropped;
        }
    }
    return value;
}

static long double ratio(const Value *number) {
    const char *text = number->text, *end = text + number->length;
    long up, down = 0;
    long double p = digits(&text, end, &up), q = 1;
    if (text < end && *text == '/') {
        text++;
        q = digits(&text, end, &down);
    }
    return p / q * powl(10, (long double)(up - down));
}

typedef struct {
    const Value *machine, *state;
    const char *name;
    size_t name_length;
    long double mantissa;
    int exponent;
    long double weight;
} Policy;

static long double chance(const Policy *policy, const Value *action) {
    Value *mass = find(member(policy->state, "emit"), action->text, action->length);
    return mass ? ratio(mass) : 0;
}

static int matches(const Value *rule, const Value *step) {
    const Value *action = member(rule, "action"), *seen = member(rule, "observation");
    const Value *queried = member(rule, "queried");
    const Value *a = member(step, "action"), *o = member(step, "observation");
    return (!action || same(action, a->text, a->length)) &&
           (!seen || same(seen, o->text, o->length)) &&
           (!queried || queried->kind == member(step, "queried")->kind);
}

static void advance(Policy *policy, const Value *step) {
    const Value *next = member(policy->state, "next");
    for (const Value *rule = next ? next->child : NULL; rule; rule = rule->next)
        if (matches(rule, step)) {
            const Value *to = member(rule, "to");
            policy->state = find(member(policy->machine, "states"), to->text, to->length);
            return;
        }
}

static void observe(Policy *policies, size_t size, const Value *step) {
    int queried = member(step, "queried")->kind == 't';
    for (size_t i = 0; i < size; i++) {
        Policy *policy = &policies[i];
        if (queried) {
            int shift = 0;
            policy->mantissa =
                frexpl(policy->mantissa * chance(policy, member(step, "action")), &shift);
            policy->exponent += shift;
        }
        advance(policy, step);
    }
}

/* Weights on the scale of the heaviest; returns their sum, 0 if no policy is alive. */
static long double weigh(Policy *policies, size_t size) {
    int highest = 0, alive = 0;
    long double total = 0;
    for (size_t i = 0; i < size; i++)
        if (policies[i].mantissa > 0 && (!alive || policies[i].exponent > highest)) {
            highest = policies[i].exponent;
            alive = 1;
        }
    for (size_t i = 0; i < size; i++) {
        policies[i].weight = ldexpl(policies[i].mantissa, policies[i].exponent - highest);
        total += policies[i].weight;
    }
    return total;
}

static int heavier(const void *x, const void *y) {
    const Policy *p = *(const Policy *const *)x, *q = *(const Policy *const *)y;
    if (p->weight != q->weight) return p->weight > q->weight ? -1 : 1;
    return p < q ? -1 : 1; /* class order */
}

static size_t top_set(Policy **ranked, size_t size, long double alpha) {
    long double running = 0;
    qsort(ranked, size, sizeof *ranked, heavier);
    for (size_t n = 0; n < size; n++) {
        running += ranked[n]->weight;
        if (!(ranked[n]->mantissa > 0) || ranked[n]->weight < alpha * running) return n;
    }
    return size;
}

static void name(const char *text, size_t length) { printf("\"%.*s\"", (int)length, text); }

static void answer(const Value *question) {
    const Value *model = member(question, "model"), *machines = member(model, "policies");
    const Value *prior = member(model, "prior"), *id = member(question, "id");
    size_t size = count(machines), i = 0;
    Policy *policies = take(size * sizeof *policies);
    Policy **ranked = take(size * sizeof *ranked);
    for (const Value *machine = machines->child; machine; machine = machine->next, i++) {
        const Value *start = member(machine, "start");
        Policy *policy = ranked[i] = &policies[i];
        policy->machine = machine;
        policy->name = machine->key;
        policy->name_length = machine->key_length;
        policy->state = find(member(machine, "states"), start->text, start->length);
        policy->mantissa =
            frexpl(ratio(find(prior, machine->key, machine->key_length)), &policy->exponent);
    }
    for (const Value *step = member(question, "history")->child; step; step = step->next)
        observe(policies, size, step);
    long double total = weigh(policies, size), acts = 0;
    size_t top = top_set(ranked, size, ratio(member(model, "alpha")));

    printf("{\"id\":");
    name(id->text, id->length);
    printf(",\"top_set\":[");
    for (i = 0; i < top; i++) {
        if (i) putchar(',');
        name(ranked[i]->name, ranked[i]->name_length);
    }
    printf("],\"posterior\":{");
    for (i = 0; i < size; i++) {
        if (i) putchar(',');
        name(policies[i].name, policies[i].name_length);
        printf(":%.17g", (double)(total > 0 ? policies[i].weight / total : 0));
    }
    printf("},\"minimum\":{");
    for (const Value *a = member(model, "actions")->child; a; a = a->next) {
        long double least = top ? chance(ranked[0], a) : 0;
        for (i = 1; i < top; i++)
            if (chance(ranked[i], a) < least) least = chance(ranked[i], a);
        acts += least;
        name(a->text, a->length);
        printf(":%.17g%s", (double)least, a->next ? "," : "");
    }
    printf("},\"query_probability\":%.17g}\n", (double)(1 - acts));
    fflush(stdout);
}

static char *read_line(void) {
    static char *line;
    static size_t room;
    size_t length = 0;
    for (int c = getchar(); c != '\n'; c = getchar()) {
        if (c == EOF) {
            if (!length) return NULL;
            break;
        }
        if (length + 1 >= room && !(line = realloc(line, room = 2 * room + 256))) fail("memory");
        line[length++] = (char)c;
    }
    if (!line) return NULL;
    line[length] = 0;
    return line;
}

int main(void) {
    while ((at = read_line())) {
        answer(read_value());
        give_back();
    }
    return 0;
}
