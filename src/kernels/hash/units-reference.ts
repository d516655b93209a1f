/** The cutting and keying of units.ts in plain TypeScript, on strings. See assembly/units.ts for the rules. */
import { xxh3Reference64 } from "./reference.ts";
import type { UnitRules, Units } from "./units.ts";

const WORD = 0xffff_ffffn;

/** True for a line that holds nothing but ASCII white space. */
function isBlankLine(line: string): boolean {
  return !/[^\t\v\f\r ]/.test(line);
}

function normalForm(content: string, rules: UnitRules): string {
  let form = content;
  if (rules.ignoreCase) form = form.toLowerCase();
  if (rules.ignoreSpace) form = form.replace(/[\t\n\v\f\r ]+/g, " ");
  if (rules.ignoreDigits) form = form.replace(/[0-9]+/g, "0");
  return form;
}

export function findUnitsReference(text: string, rules: UnitRules, units: Units): void {
  units.clear();
  let open: string[] = [];
  let start = 0;
  let end = 0;
  const close = (): void => {
    if (open.length === 0) return;
    const content = open.join("\n").replace(/^[\t\n\v\f\r ]+|[\t\n\v\f\r ]+$/g, "");
    const long = [...content].length >= rules.minLength;
    const hash = long ? xxh3Reference64(Buffer.from(normalForm(content, rules))) : 0n;
    units.push(start, end, Number(hash & WORD) | 0, Number(hash >> 32n) | 0, long);
    open = [];
  };
  let at = 0;
  for (const line of text.split("\n")) {
    if (isBlankLine(line)) close();
    else {
      if (open.length === 0) start = at;
      open.push(line);
      end = at + line.length;
      if (rules.unit === "line") close();
    }
    at += line.length + 1;
  }
  close();
}
