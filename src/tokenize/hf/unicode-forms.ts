/**
 * NFC, NFD, NFKC and NFKD as of Unicode 9, the version of the reference.
 *
 * By Unicode's stability policy a normalization form never changes for characters that existed, so the host's `normalize` is
 * right for them in any version. Characters that came later (or may come) are inert in the reference: they do not decompose,
 * combine or reorder. The text is therefore normalized in the stretches between them.
 */
import { pinnedSet } from "./code-points.ts";
import type { Changes, Rewrite } from "./editable-text.ts";

export type Form = "NFC" | "NFD" | "NFKC" | "NFKD";

// Below these, no character changes or combines.
const FIRST_UNSTABLE: Readonly<Record<Form, number>> = { NFC: 0x300, NFD: 0xc0, NFKC: 0xa0, NFKD: 0xa0 };

let inert: RegExp | undefined;
let stretches: RegExp | undefined;

/** The form of a well-formed text. */
export function normalForm(text: string, form: Form): string {
  const limit = FIRST_UNSTABLE[form];
  let at = 0;
  while (at < text.length && text.charCodeAt(at) < limit) at++;
  if (at === text.length) return text;
  inert ??= new RegExp(`[${pinnedSet("normalizationInert").classBody()}]`, "u");
  if (!inert.test(text)) return text.normalize(form);
  stretches ??= new RegExp(`[^${pinnedSet("normalizationInert").classBody()}]+`, "gu");
  return text.replace(stretches, (stretch) => stretch.normalize(form));
}

export function normalizing(form: Form): Rewrite {
  const compose = form === "NFC" || form === "NFKC";
  const decomposed = form === "NFC" ? "NFD" : form === "NFKC" ? "NFKD" : form;
  return {
    text: (text) => normalForm(text, form),
    changes: (text) => (compose ? composition(decomposition(text, decomposed)) : decomposition(text, decomposed)),
  };
}

/** The decomposition with, for each character, whether it is the first of what an old character became. */
function decomposition(text: string, form: Form): Changes {
  const out: Changes = { characters: [], deltas: [], skipped: 0 };
  let marks: { character: string; delta: number }[] = [];
  const flush = (): void => {
    // Marks are put in canonical order, which the host knows; equal marks keep their order.
    for (const character of normalForm(marks.map((mark) => mark.character).join(""), form)) {
      const index = marks.findIndex((mark) => mark.character === character);
      const [mark] = marks.splice(index, 1);
      out.characters.push(character);
      out.deltas.push(mark?.delta ?? 0);
    }
    marks = [];
  };
  for (const character of text) {
    for (const [index, part] of [...normalForm(character, form)].entries()) {
      const delta = Math.min(index, 1);
      if (isStarter(part)) {
        flush();
        out.characters.push(part);
        out.deltas.push(delta);
      } else marks.push({ character: part, delta });
    }
  }
  flush();
  return out;
}

/** Composes a decomposition, and adds up what the parts of a composite stood for. */
function composition({ characters, deltas }: Changes): Changes {
  const out: Changes = { characters: [], deltas: [], skipped: 0 };
  let starter: { character: string; delta: number } | undefined;
  let marks: { character: string; delta: number }[] = [];
  const flush = (): void => {
    for (const { character, delta } of [...(starter === undefined ? [] : [starter]), ...marks]) {
      out.characters.push(character);
      out.deltas.push(delta);
    }
    marks = [];
  };
  for (const [index, character] of characters.entries()) {
    const delta = deltas[index] ?? 0;
    const last = marks[marks.length - 1]?.character;
    if (starter === undefined) {
      if (isStarter(character)) starter = { character, delta };
      else {
        out.characters.push(character);
        out.deltas.push(delta);
      }
      continue;
    }
    const blocked = last !== undefined && (isStarter(character) || sameClass(last, character));
    const composed = blocked ? undefined : composite(starter.character, character);
    if (composed !== undefined) starter = { character: composed, delta: starter.delta + delta - 1 };
    else if (isStarter(character)) {
      flush();
      starter = { character, delta };
    } else marks.push({ character, delta });
  }
  flush();
  return out;
}

const starters = new Map<string, boolean>();

/** Whether the combining class is zero: other characters are put before U+0345, whose class is the highest. */
function isStarter(character: string): boolean {
  if (character < "\u0300") return true;
  let known = starters.get(character);
  if (known === undefined) {
    known = character !== "\u0345" && normalForm(`\u0345${character}`, "NFD") === `\u0345${normalForm(character, "NFD")}`;
    starters.set(character, known);
  }
  return known;
}

/** Whether two marks, of which the second's class is not lower, have the same class: then their order stays either way. */
function sameClass(first: string, second: string): boolean {
  return first === second || normalForm(second + first, "NFD") === second + first;
}

function composite(first: string, second: string): string | undefined {
  const text = normalForm(first + second, "NFC");
  return text.length === ((text.codePointAt(0) ?? 0) > 0xffff ? 2 : 1) ? text : undefined;
}
