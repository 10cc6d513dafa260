/* The learner in C, in floats: a question a line in, an answer a line out.
 *
 * Names are compared and printed as they were written, escapes and all: the questions come from one
 * writer, which writes each name one way. A weight has an exponent of its own, so that no product
 * underflows. */
#define _POSIX_C_SOURCE 200809L
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* JSON: strings and literals are their text; the children of an object are its keys, each with its
 * value for a child. */
typedef struct Node { const char *text; int size; struct Node *child, *next; } Node;
static Node *node; /* the next one: a line has as many at most as characters */
static const char *at;

static void malformed(void) { fprintf(stderr, "error: malformed question\n"); exit(1); }

static Node *value(void) {
    Node *new = node++, **tail = &new->child;
    *new = (Node){.text = at};
    if (*at == '{' || *at == '[') {
        for (at++; *at != '}' && *at != ']'; tail = &(*tail)->next, at += *at == ',') {
            *tail = value();
            if (*at == ':') at++, (*tail)->child = value();
        }
        at++;
    } else if (*at == '"') {
        for (new->text = ++at; *at != '"'; at++)
            if (!*at || (*at == '\\' && !*++at)) malformed();
        new->size = (int)(at++ - new->text);
    } else {
        new->size = (int)strcspn(at, ",]}");
        if (!new->size) malformed();
        at += new->size;
    }
    return new;
}

static int same(const Node *x, const Node *y) {
    return x->size == y->size && !memcmp(x->text, y->text, (size_t)x->size);
}

static Node *find(const Node *object, const Node *key) {
    for (Node *each = object->child; each; each = each->next)
        if (same(each, key)) return each->child;
    return NULL;
}

static Node *get(const Node *object, const char *key) {
    return find(object, &(Node){.text = key, .size = (int)strlen(key)});
}

static long double ratio(const Node *number) { /* a long double holds 4,000 digits */
    char *end;
    if (!number) return 0;
    long double p = strtold(number->text, &end);
    return *end == '/' ? p / strtold(end + 1, NULL) : p;
}

typedef struct { const Node *name, *machine, *state; long double weight; int exponent; } Policy;

static long double chance(const Policy *policy, const Node *action) {
    return ratio(find(get(policy->state, "emit"), action));
}

static int matches(const Node *rule, const Node *step) {
    for (const Node *part = step->child; part; part = part->next) {
        const Node *wanted = find(rule, part);
        if (wanted && !same(wanted, part->child)) return 0;
    }
    return 1;
}

static void advance(Policy *policy, const Node *step) {
    const Node *next = get(policy->state, "next"), *rule = next ? next->child : NULL;
    while (rule && !matches(rule, step)) rule = rule->next;
    if (rule) policy->state = find(get(policy->machine, "states"), get(rule, "to"));
}

static void observe(Policy *policy, const Node *step) {
    int shift;
    if (*get(step, "queried")->text == 't') { /* only what the demonstrator did is evidence */
        policy->weight = frexpl(policy->weight * chance(policy, get(step, "action")), &shift);
        policy->exponent += shift;
    }
    advance(policy, step);
}

static int heavier(const void *x, const void *y) {
    const Policy *p = *(const Policy *const *)x, *q = *(const Policy *const *)y;
    if (p->weight != q->weight) return p->weight > q->weight ? -1 : 1;
    return p < q ? -1 : 1; /* ties in class order */
}

static void print(const char *before, const Node *name, const char *after) {
    printf("%s\"%.*s\"%s", before, name->size, name->text, after);
}

static void answer(const Node *question) {
    const Node *model = get(question, "model"), *class = get(model, "policies");
    int size = 0, top = 0, highest = -1000000000;
    for (const Node *each = class->child; each; each = each->next) size++;
    Policy *policies = calloc((size_t)size, sizeof *policies), *policy = policies;
    Policy **ranked = calloc((size_t)size, sizeof *ranked);
    if (!policies || !ranked) exit(1);

    for (const Node *name = class->child; name; name = name->next, policy++) {
        policy->name = name;
        policy->machine = name->child;
        policy->state = find(get(name->child, "states"), get(name->child, "start"));
        policy->weight = frexpl(ratio(find(get(model, "prior"), name)), &policy->exponent);
        for (const Node *step = get(question, "history")->child; step; step = step->next)
            observe(policy, step);
        if (policy->weight > 0 && policy->exponent > highest) highest = policy->exponent;
    }

    long double total = 0, running = 0, acts = 0, alpha = ratio(get(model, "alpha"));
    for (int i = 0; i < size; i++) { /* on the scale of the heaviest */
        ranked[i] = &policies[i];
        total += policies[i].weight = ldexpl(policies[i].weight, policies[i].exponent - highest);
    }
    qsort(ranked, (size_t)size, sizeof *ranked, heavier);
    for (; top < size && ranked[top]->weight > 0; top++) {
        running += ranked[top]->weight;
        if (ranked[top]->weight < alpha * running) break;
    }

    print("{\"id\":", get(question, "id"), ",\"top_set\":[");
    for (int i = 0; i < top; i++) print(i ? "," : "", ranked[i]->name, "");
    printf("],\"posterior\":{");
    for (int i = 0; i < size; i++) {
        print(i ? "," : "", policies[i].name, ":");
        printf("%.17g", (double)(total > 0 ? policies[i].weight / total : 0));
    }
    printf("},\"minimum\":{");
    for (const Node *action = get(model, "actions")->child; action; action = action->next) {
        long double least = top ? 1 : 0;
        for (int i = 0; i < top; i++) least = fminl(least, chance(ranked[i], action));
        acts += least;
        print("", action, ":");
        printf("%.17g%s", (double)least, action->next ? "," : "");
    }
    printf("},\"query_probability\":%.17g}\n", (double)(1 - acts));
    free(policies);
    free(ranked);
}

int main(void) {
    char *line = NULL;
    size_t room = 0;
    for (ssize_t size; (size = getline(&line, &room, stdin)) > 0;) {
        Node *first = node = malloc((size_t)size * sizeof *node);
        if (!first) return 1;
        at = line;
        answer(value());
        free(first);
    }
    return 0;
}
