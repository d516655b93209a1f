/**
 * Where `@huggingface/jinja` 0.5.11 silently gives another text than Python's Jinja, a parsed template is rewritten to call functions that
 * do as Python does. Found by rendering conversations with both:
 * - `strip`, `lstrip`, `rstrip` ignore their argument, and they and `trim` go by JavaScript's white space (with U+FEFF, without U+0085);
 * - `==` and `!=` are JavaScript's: `'' == false`, `'1' == 1` and `missing == none` are true there;
 * - what is set in the body of a loop is still set in its next round.
 * What remains is in docs/chat.md.
 */

/** A node of a parsed template. */
interface Node {
  readonly type: string;
  [field: string]: unknown;
}

/** Every template begins with it: its call is a scope of its own. */
export const SCOPE_MACRO = "{% macro __millrace_scope() %}{{ caller() }}{% endmacro %}";

const STRIPS = ["strip", "lstrip", "rstrip"] as const;
type Strip = (typeof STRIPS)[number];

/** The functions that rewritten templates call. */
export const PYTHON_FUNCTIONS: ReadonlyMap<string, (...args: unknown[]) => unknown> = new Map<string, (...args: unknown[]) => unknown>([
  ...STRIPS.map((name): [string, (...args: unknown[]) => unknown] => [`__millrace_${name}`, (text, chars) => strip(name, text, chars)]),
  ["__millrace_eq", (a, b) => equal(a, b)],
  ["__millrace_ne", (a, b) => !equal(a, b)],
]);

/** Examples of the kinds of nodes a rewritten template needs. */
export interface NodeKit {
  readonly call: Node;
  readonly scope: Node;
  readonly isNone: Node;
}

/** Reads the kinds of nodes off parsed snippets, since the package does not export them. */
export function nodeKit(parse: (source: string) => unknown): NodeKit {
  const first = (source: string): Node => (parse(source) as { readonly body: readonly Node[] }).body[0] as Node;
  return { call: first("{{ f(a) }}"), scope: first("{% call __millrace_scope() %}{% endcall %}"), isNone: first("{{ a is none }}") };
}

/** Rewrites a node and all below it. */
export function asPython(value: unknown, kit: NodeKit): unknown {
  if (Array.isArray(value)) return value.map((item) => asPython(item, kit));
  if (value instanceof Map) return new Map([...value].map(([key, item]) => [asPython(key, kit), asPython(item, kit)]));
  if (!isNode(value)) return value;
  for (const [field, child] of Object.entries(value)) if (typeof child === "object") value[field] = asPython(child, kit);
  return rewrite(value, kit);
}

function rewrite(node: Node, kit: NodeKit): Node {
  const { callee, filter, operator, body } = node as { callee?: Node; filter?: Node; operator?: { readonly value: string }; body?: Node[] };
  if (node.type === "CallExpression" && callee?.type === "MemberExpression" && callee["computed"] !== true) {
    const name = (callee["property"] as Node)["value"];
    if ((STRIPS as readonly unknown[]).includes(name))
      return call(kit, `__millrace_${String(name)}`, [callee["object"], ...(node["args"] as unknown[])]);
  }
  if (node.type === "FilterExpression") {
    const args = filter?.type === "CallExpression" ? (filter["args"] as unknown[]) : [];
    const name = filter?.type === "CallExpression" ? (filter["callee"] as Node)["value"] : filter?.["value"];
    if (name === "trim") return call(kit, "__millrace_strip", [node["operand"], ...args]);
  }
  if (node.type === "BinaryExpression" && (operator?.value === "==" || operator?.value === "!=")) {
    return comparison(node["left"] as Node, node["right"] as Node, operator.value === "!=", kit);
  }
  if (node.type === "For" && body?.some(sets) === true) node["body"] = [like(kit.scope, { body })];
  return node;
}

function comparison(left: Node, right: Node, negate: boolean, kit: NodeKit): Node {
  // The interpreter hands none and undefined to functions as the same.
  const isNone = (node: Node): boolean => node.type === "Identifier" && (node["value"] === "none" || node["value"] === "None");
  if (isNone(right)) return like(kit.isNone, { operand: left, negate });
  if (isNone(left)) return like(kit.isNone, { operand: right, negate });
  return call(kit, negate ? "__millrace_ne" : "__millrace_eq", [left, right]);
}

/** Whether a statement sets a variable in the scope it stands in. */
function sets(node: Node): boolean {
  if (node.type === "Set") return (node["assignee"] as Node).type !== "MemberExpression";
  if (node.type === "If") return [...(node["body"] as Node[]), ...(node["alternate"] as Node[])].some(sets);
  return false;
}

function call({ call: example }: NodeKit, name: string, args: readonly unknown[]): Node {
  return like(example, { callee: like(example["callee"] as Node, { value: name }), args });
}

/** A node of the same class with other fields. */
function like(example: Node, fields: Readonly<Record<string, unknown>>): Node {
  return Object.assign(Object.create(Object.getPrototypeOf(example) as object) as Node, example, fields);
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && typeof (value as { readonly type?: unknown }).type === "string";
}

/** White space to Python's `str`: JavaScript's without the byte order mark, and five control characters. */
const CONTROLS = "\x1c\x1d\x1e\x1f\x85";
const isSpace = (point: string): boolean => (point !== "\ufeff" && /\s/.test(point)) || CONTROLS.includes(point);

/** Python's `str.strip` and its kin: white space, or any of the given characters. */
function strip(how: Strip, text: unknown, chars: unknown): string {
  if (typeof text !== "string") throw new Error(`${how}() needs a text`);
  if (chars !== undefined && chars !== null && typeof chars !== "string") throw new Error(`${how}() needs its characters as a text`);
  const set = typeof chars === "string" ? new Set(chars) : undefined;
  const goes = (point: string): boolean => (set === undefined ? isSpace(point) : set.has(point));
  let start = 0;
  let end = text.length;
  const first = (): string => String.fromCodePoint(text.codePointAt(start) as number);
  const last = (): string =>
    end - start > 1 && (text.codePointAt(end - 2) as number) > 0xffff ? text.slice(end - 2, end) : text.charAt(end - 1);
  if (how !== "rstrip") while (start < end && goes(first())) start += first().length;
  if (how !== "lstrip") while (end > start && goes(last())) end -= last().length;
  return text.slice(start, end);
}

/** Python's `==` on what a template can hold: values of lists and mappings come wrapped, as the interpreter has them. */
function equal(a: unknown, b: unknown): boolean {
  const [x, y] = [plain(a), plain(b)];
  if (Array.isArray(x) && Array.isArray(y)) return x.length === y.length && x.every((item, i) => equal(item, y[i]));
  if (x instanceof Map && y instanceof Map)
    return x.size === y.size && [...x].every(([key, item]) => y.has(key) && equal(item, y.get(key)));
  return x === y;
}

/** A wrapped value without its wrapping; booleans as the numbers they are in Python. */
function plain(value: unknown): unknown {
  const bare = typeof value === "object" && value !== null && "value" in value && !(value instanceof Map) ? value.value : value;
  return typeof bare === "boolean" ? Number(bare) : bare;
}
