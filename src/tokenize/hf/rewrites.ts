/**
 * The rewritings that normalizers are made of, each with pinned Unicode tables. The text form is built on the host's own string
 * methods where those agree with the reference, and steps around the characters on which they do not.
 */
import { type CodePointSet, pinnedSet } from "./code-points.ts";
import type { Changes, Rewrite } from "./editable-text.ts";

/** Removes the members of a set. */
export function removing(set: CodePointSet): Rewrite {
  const members = new RegExp(`[${set.classBody()}]+`, "gu");
  return {
    text: (text) => text.replace(members, ""),
    keepsStart: (text) => !set.has(text.codePointAt(0) ?? 0),
    changes(text) {
      const out: Changes = { characters: [], deltas: [], skipped: 0 };
      let removed = 0;
      for (const character of text) {
        if (set.has(character.codePointAt(0) ?? 0)) removed++;
        else {
          // What was removed belongs to the character kept before it, or comes before the first.
          if (out.characters.length === 0) out.skipped = removed;
          else out.deltas[out.deltas.length - 1] = -removed;
          out.characters.push(character);
          out.deltas.push(0);
          removed = 0;
        }
      }
      if (out.deltas.length > 0) out.deltas[out.deltas.length - 1] = -removed;
      return out;
    },
  };
}

/** Turns each member of a set into a space. */
export function spacing(set: CodePointSet): Rewrite {
  const members = new RegExp(`[${set.classBody()}]`, "gu");
  return {
    text: (text) => text.replace(members, " "),
    changes: (text) => each(text, (character) => [set.has(character.codePointAt(0) ?? 0) ? " " : character]),
  };
}

/** Puts a space on both sides of each member of a set. */
export function spacedOut(set: CodePointSet): Rewrite {
  const members = new RegExp(`[${set.classBody()}]`, "gu");
  return {
    text: (text) => text.replace(members, " $& "),
    changes(text) {
      const out: Changes = { characters: [], deltas: [], skipped: 0 };
      for (const character of text) {
        if (set.has(character.codePointAt(0) ?? 0)) {
          out.characters.push(" ", character, " ");
          out.deltas.push(0, 1, 1);
        } else {
          out.characters.push(character);
          out.deltas.push(0);
        }
      }
      return out;
    },
  };
}

let lowerExceptions: RegExp | undefined;

/** Lower case, character by character: a final sigma is like any other, and characters newer than the reference stay. */
export const lowercase: Rewrite = {
  text(text) {
    lowerExceptions ??= new RegExp(`[\u03a3${pinnedSet("lowerInert").classBody()}]`, "u");
    if (!lowerExceptions.test(text)) return text.toLowerCase();
    let out = "";
    for (const character of text) out += lowerCharacter(character);
    return out;
  },
  changes: (text) => each(text, (character) => [...lowerCharacter(character)]),
};

function lowerCharacter(character: string): string {
  return pinnedSet("lowerInert").has(character.codePointAt(0) ?? 0) ? character : character.toLowerCase();
}

/** The byte-level alphabet: each byte of the UTF-8 form becomes a printable character. */
export function byteLevel(alphabet: readonly string[]): Rewrite {
  const encoder = new TextEncoder();
  const characters = (text: string): string[] => Array.from(encoder.encode(text), (byte) => alphabet[byte] ?? "");
  return { text: (text) => characters(text).join(""), changes: (text) => each(text, characters) };
}

/** Changes that turn each character into others: the first replaces it, the rest are inserted. */
function each(text: string, turn: (character: string) => readonly string[]): Changes {
  const out: Changes = { characters: [], deltas: [], skipped: 0 };
  for (const character of text) {
    for (const [index, turned] of turn(character).entries()) {
      out.characters.push(turned);
      out.deltas.push(Math.min(index, 1));
    }
  }
  return out;
}
