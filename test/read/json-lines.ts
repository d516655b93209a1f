/** Lines for the tests of the kernel that reads them: records of every kind as JSON may be written, and what damage makes of them. */
import { type Dice, spaces } from "../kernels/generators.ts";

const KEYS = [
  "text",
  "id",
  "url",
  "title",
  "n",
  "",
  "0",
  "12",
  "-1",
  "a.b",
  "__proto__",
  "constructor",
  "texts",
  "tex",
  "t\u00e9xt",
  "中",
  "😀",
];
const NUMBERS = ["0", "-0", "7", "-1.5", "1e3", "1E+400", "12345678901234567890", "0.1", "2e-7"];
const BAD_NUMBERS = ["01", "1.", ".5", "-", "+1", "0x1", "1e", "NaN", "Infinity", "1_0"];
const LITERALS = ["true", "false", "null"];
const BAD_LITERALS = ["True", "nul", "undefined", "tru e", "'a'", "", "nulll"];
const UNITS = [
  ..."abc xyz.,/",
  ..."éÿ\u0080\u07ff\u0800\u4e2d\uffff\ufeff\u2028",
  "😀",
  "\u{10ffff}",
  "\u007f",
  "Ā",
  "word ",
  "Ein längerer Satz. ",
  "中文的一句话，",
  "Русский ",
];
/** What must be escaped, or cannot stand otherwise. */
const ESCAPED = ["\\n", '\\"', "\\\\", "\\/", "\\b", "\\f", "\\r", "\\t", "\\u0041", "\\u00e9", "\\u00FF", "\\u0100", "\\u4E2d", "\\u0000"];
const SURROGATES = ["\\ud83d", "\\ude00", "\\uD83D\\uDE00", "\\ude00\\ud83d", "\\ud83d\\ud83d\\ude00"];
const BAD_STRINGS = ["\\x", "\\u12g4", "\\u", "\\", "\t", "\u0000", "\u001f", "\\U0041", '"'];

/** A record, or something near one. */
export function jsonLine(d: Dice): Buffer {
  const kind = d.below(20);
  const line = kind === 0 ? value(d, 3) : record(d, kind < 8);
  const bytes = Buffer.from(`${space(d)}${line}${space(d)}`);
  return kind < 14 ? bytes : damaged(d, bytes);
}

/** A few lines, blank ones and odd ends among them; or lines that are mostly alike. */
export function jsonLines(d: Dice, most: number): Buffer {
  if (d.chance(0.4)) return alike(d, 2 + most);
  const parts: Buffer[] = d.chance(0.02) ? [Buffer.from("\ufeff")] : [];
  for (let i = 1 + d.below(most); i > 0; i--) {
    parts.push(jsonLine(d), Buffer.from(i === 1 && d.chance(0.5) ? "" : d.pick(["\n", "\n", "\n", "\r\n", "\n\n", "\n \t\r\n"])));
  }
  return Buffer.concat(parts);
}

/** Lines with the same keys in the same order, a few others among them. */
function alike(d: Dice, most: number): Buffer {
  const keys = Array.from({ length: d.below(d.chance(0.1) ? 20 : 5) }, (_, i) =>
    d.chance(0.9) ? `${d.pick(KEYS)}${d.pick(["", 1, 2])}` : `k${i}`,
  );
  keys.splice(d.below(keys.length + 1), 0, "text");
  if (d.chance(0.8)) keys.splice(d.below(keys.length + 1), 0, "id");
  const parts: Buffer[] = [];
  for (let i = 2 + d.below(most); i > 0; i--) {
    if (d.chance(0.1)) parts.push(jsonLine(d));
    else {
      const members = keys.map(
        (key) => `${space(d)}"${key}"${space(d)}:${space(d)}${d.chance(0.9) || key === "text" ? string(d, true) : value(d, 2)}`,
      );
      if (d.chance(0.05)) members.splice(d.below(members.length + 1), d.below(3), ...(d.chance(0.5) ? [`"${d.pick(KEYS)}":1`] : []));
      const line = Buffer.from(`{${members.join(",")}${space(d)}}`);
      parts.push(d.chance(0.95) ? line : damaged(d, line));
    }
    parts.push(Buffer.from("\n"));
  }
  return Buffer.concat(parts);
}

function space(d: Dice): string {
  return d.chance(0.85) ? "" : d.pick([" ", "\t", "\r", "  ", " \t ", d.chance(0.1) ? d.pick(spaces).replace("\n", "") : " "]);
}

/** An object with a text; a usual one has each key once, few oddities and its values as they should be. */
function record(d: Dice, usual: boolean): string {
  const members: string[] = [];
  const key = (name: string): string => (usual || d.chance(0.95) ? JSON.stringify(name) : `"${escapeAll(name)}"`);
  const add = (name: string, text: string): void => {
    members.push(`${space(d)}${key(name)}${space(d)}:${space(d)}${text}${space(d)}`);
  };
  if (d.chance(0.9)) add("id", d.chance(0.8) ? string(d, usual) : d.pick([...NUMBERS, "null", "[]", '""']));
  if (usual || d.chance(0.9)) add("text", usual || d.chance(0.9) ? string(d, usual) : value(d, 2));
  for (let i = d.below(4); i > 0; i--) add(usual ? `${d.pick(KEYS)}${i}` : d.pick(KEYS), value(d, 2, usual));
  if (d.chance(0.5)) members.reverse();
  return `{${members.length === 0 ? space(d) : members.join(!usual && d.chance(0.02) ? d.pick([",,", ";", ""]) : ",")}}`;
}

function string(d: Dice, usual = false): string {
  let content = "";
  const kind = d.below(4);
  for (let i = d.chance(0.1) ? d.below(80) : d.below(12); i > 0; i--) {
    if (d.chance(0.15)) content += d.pick(d.chance(0.8) ? ESCAPED : SURROGATES);
    else
      content +=
        kind === 0 ? d.pick(UNITS) : kind === 1 ? d.pick(UNITS.slice(0, 13)) : d.pick(["a", "bc ", "plain words of some length, and "]);
  }
  if (!usual && d.chance(0.02)) content += d.pick(BAD_STRINGS);
  return `"${content}"`;
}

function value(d: Dice, depth: number, usual = false): string {
  const kind = d.below(depth > 0 ? 9 : 6);
  if (kind < 3) return string(d, usual);
  if (kind < 5) return usual || d.chance(0.95) ? d.pick(NUMBERS) : d.pick(BAD_NUMBERS);
  if (kind === 5) return usual || d.chance(0.95) ? d.pick(LITERALS) : d.pick(BAD_LITERALS);
  const items = Array.from({ length: d.below(4) }, () => {
    const item = `${space(d)}${value(d, depth - 1, usual)}${space(d)}`;
    return kind < 8 ? item : `${space(d)}${JSON.stringify(d.pick(KEYS))}${space(d)}:${item}`;
  }).join(",");
  const [open = "", close = ""] = usual || d.chance(0.98) ? (kind < 8 ? "[]" : "{}") : d.pick(["[}", "{]", "[", "}", "[[]"]);
  return `${open}${items}${close}`;
}

/** The name with every unit escaped: the same key to JSON.parse. */
function escapeAll(name: string): string {
  return Array.from({ length: name.length }, (_, i) => `\\u${name.charCodeAt(i).toString(16).padStart(4, "0")}`).join("");
}

/** With bytes changed, left out, put in or doubled, and without its end. */
function damaged(d: Dice, bytes: Buffer): Buffer {
  let out = bytes;
  for (let i = 1 + d.below(2); i > 0 && out.length > 0; i--) {
    const at = d.below(out.length);
    const byte = d.chance(0.6) ? (d.pick([...'{}[]",:\\ u0-9e\t\r']).codePointAt(0) ?? 0) : d.below(256);
    const [before, behind] = [out.subarray(0, at), out.subarray(at)];
    const kind = d.below(5);
    if (kind === 0) out = Buffer.concat([before, Buffer.of(byte), behind]);
    else if (kind === 1) out = Buffer.concat([before, Buffer.of(byte), behind.subarray(1)]);
    else if (kind === 2) out = Buffer.concat([before, behind.subarray(1 + d.below(4))]);
    else if (kind === 3) out = Buffer.concat([before, behind.subarray(0, d.below(20)), behind]);
    else out = Buffer.from(before);
  }
  return out;
}
