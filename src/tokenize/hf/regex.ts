/**
 * Regular expressions of `tokenizer.json`: Oniguruma's syntax turned into JavaScript's.
 *
 * Hugging Face compiles the patterns of `Split` and `Replace` with Oniguruma. The two languages differ in syntax (possessive
 * quantifiers, atomic groups, nested classes, POSIX brackets), in the meaning of the same text (`^` is the start of a line,
 * `{1,3}+` is a repeated interval) and in their Unicode tables. Here every class becomes explicit ranges of the pinned tables, so
 * that the same text is cut the same way under any Node.
 *
 * What is not translated is an error that names the construct. Turned down: a regex engine of our own. The patterns of the
 * well-known byte-level tokenizers run on hand-written scanners instead, and what is left is not hot.
 */
import { CodePointSet, generalCategory, NOTHING, pinnedSet } from "./code-points.ts";
import { TokenizerFormatError, UnsupportedTokenizerError } from "./errors.ts";
import { HEX_DIGITS, posixSet, property, variants } from "./regex-classes.ts";

/** A translated pattern. */
export interface Pattern {
  /** With the flags `g` and `u`; `lastIndex` is whatever the last user left there. */
  readonly regex: RegExp;
  /** Whether a match may have no characters. */
  readonly mayBeEmpty: boolean;
}

/** Translates a pattern. Throws UnsupportedTokenizerError for a construct that has no exact counterpart. */
export function translateRegex(source: string): Pattern {
  const { text, min } = new Translator(source).pattern();
  return { regex: new RegExp(text, "gu"), mayBeEmpty: min === 0 };
}

/** The pattern that matches a text literally. */
export function literalPattern(text: string): Pattern {
  return { regex: new RegExp(text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&"), "gu"), mayBeEmpty: text === "" };
}

/**
 * The matches in a text as pairs of start and end. As in the reference, an empty match right behind the match before it does not
 * count.
 */
export function matchRanges({ regex }: Pattern, text: string): number[] {
  const out: number[] = [];
  // The reference does not search a text without characters, though some patterns would match it.
  if (text === "") return out;
  let lastEnd = -1;
  regex.lastIndex = 0;
  for (let match = regex.exec(text); match !== null; match = regex.exec(text)) {
    const start = match.index;
    const end = start + match[0].length;
    // V8 also finds empty matches between the two halves of a character.
    if (start === end && isInside(text, start)) {
      regex.lastIndex = start + 1;
      continue;
    }
    if (start !== end || start !== lastEnd) {
      out.push(start, end);
      lastEnd = end;
    }
    if (start === end) regex.lastIndex = end + ((text.codePointAt(end) ?? 0) > 0xffff ? 2 : 1);
  }
  return out;
}

function isInside(text: string, at: number): boolean {
  return at > 0 && (text.codePointAt(at - 1) ?? 0) > 0xffff;
}

/** Translated source and the least number of characters it can match. */
interface Part {
  readonly text: string;
  readonly min: number;
}

// Oniguruma leaves these out of `\w` inside a class, though `\w` alone matches them.
const NOT_WORD_IN_CLASS = CodePointSet.of([[0xb2, 0xb3], [0xb9, 0xb9], [0xbc, 0xbe]]); // biome-ignore format: pairs
const CONTROL_ESCAPES: Readonly<Record<string, number>> = { t: 9, n: 10, v: 11, f: 12, r: 13, a: 7, e: 27 };
// Ignoring case, these pairs of letters also match a single ligature.
const LIGATURES = new Set(["ff", "fi", "fl", "ss", "st"]);

class Translator {
  readonly #source: string;
  readonly #points: readonly string[];
  #at = 0;
  #atomics = 0;
  #ignoreCase = false;

  constructor(source: string) {
    this.#source = source;
    this.#points = [...source];
  }

  pattern(): Part {
    const part = this.#alternation();
    if (this.#at < this.#points.length) throw this.#broken("unmatched )");
    return part;
  }

  #alternation(): Part {
    const branches = [this.#sequence()];
    while (this.#take("|")) branches.push(this.#sequence());
    return { text: branches.map((branch) => branch.text).join("|"), min: Math.min(...branches.map((branch) => branch.min)) };
  }

  #sequence(): Part {
    let text = "";
    let min = 0;
    let letter = "";
    for (let next = this.#peek(); next !== undefined && next !== "|" && next !== ")"; next = this.#peek()) {
      if (this.#ignoreCase && LIGATURES.has((letter + next).toLowerCase())) throw this.#unsupported(`(?i) with ${letter}${next}`);
      letter = next;
      const part = this.#quantified();
      text += part.text;
      min += part.min;
    }
    return { text, min };
  }

  #quantified(): Part {
    let part = this.#atom();
    for (;;) {
      const next = this.#peek();
      if (next === "*" || next === "+" || next === "?") {
        this.#at++;
        const min = next === "+" ? part.min : 0;
        if (this.#take("+")) part = { text: this.#atomic(`${part.text}${next}`), min };
        else part = { text: `(?:${part.text}${next}${this.#take("?") ? "?" : ""})`, min };
      } else if (next === "{") {
        const interval = /^\{(\d*)(,?)(\d*)\}/.exec(this.#points.slice(this.#at, this.#at + 24).join(""));
        // A brace that opens no interval stands for itself.
        if (interval === null || interval[0] === "{,}" || interval[0] === "{}") return part;
        this.#at += interval[0].length;
        const [, from = "", comma = "", to = ""] = interval;
        if (from !== "" && to !== "" && Number(from) > Number(to)) throw this.#unsupported(interval[0]);
        const least = Number(from);
        // A fixed interval has no lazy form: `a{2}?` is `(?:a{2})?`, and a plus behind an interval repeats it.
        const lazy = comma !== "" && this.#take("?") ? "?" : "";
        part = { text: `(?:${part.text}{${least}${comma}${to}}${lazy})`, min: part.min * least };
      } else return part;
    }
  }

  #atom(): Part {
    const next = this.#next();
    if (next === "(") return this.#group();
    if (next === "[") return { text: classOf(this.#class()), min: 1 };
    if (next === ".") return { text: "[^\\n]", min: 1 };
    // The start of a line, but not the empty line behind a last line feed.
    if (next === "^") return { text: "(?:^|(?<=\\n)(?!$))", min: 0 };
    if (next === "$") return { text: "(?=\\n|$)", min: 0 };
    if (next === "\\") return this.#escape();
    if (next === "*" || next === "+" || next === "?") throw this.#broken(`nothing before ${next}`);
    return { text: classOf(this.#cased(single(next))), min: 1 };
  }

  #group(): Part {
    const before = this.#ignoreCase;
    let open = "(?:";
    let look = false;
    if (this.#take("?")) {
      const kind = this.#next();
      if (kind === ">") {
        const part = this.#alternation();
        return this.#close({ text: this.#atomic(part.text), min: part.min }, before);
      }
      if (kind === "#") throw this.#unsupported("(?#");
      if (kind === "=" || kind === "!") {
        open = `(?${kind}`;
        look = true;
      } else if (kind === "<") {
        const side = this.#next();
        if (side !== "=" && side !== "!") throw this.#unsupported("a named group");
        open = `(?<${side}`;
        look = true;
      } else if (kind !== ":") {
        let flags = kind;
        for (let flag = this.#next(); flag !== ":" && flag !== ")"; flag = this.#next()) flags += flag;
        if (!/^-?i$/.test(flags)) throw this.#unsupported(`(?${flags})`);
        this.#ignoreCase = flags === "i";
        if (this.#points[this.#at - 1] === ")") {
          // A flag alone holds to the end of the group around it, alternatives included.
          const rest = this.#alternation();
          this.#ignoreCase = before;
          return { text: `(?:${rest.text})`, min: rest.min };
        }
      }
    }
    const part = this.#alternation();
    return this.#close({ text: `${open}${part.text})`, min: look ? 0 : part.min }, before);
  }

  #close(part: Part, ignoreCase: boolean): Part {
    if (!this.#take(")")) throw this.#broken("missing )");
    this.#ignoreCase = ignoreCase;
    return part;
  }

  /** A group that is not entered again once it is left: a lookahead that captures, and the capture. */
  #atomic(text: string): string {
    const name = `a${this.#atomics++}`;
    return `(?:(?=(?<${name}>${text}))\\k<${name}>)`;
  }

  #escape(): Part {
    const next = this.#peek();
    const word = classOf(pinnedSet("onigWord"));
    if (next === "A") return this.#skip("^");
    if (next === "z") return this.#skip("$");
    if (next === "Z") return this.#skip("(?=\\n?$)");
    if (next === "b") return this.#skip(`(?:(?<=${word})(?!${word})|(?<!${word})(?=${word}))`);
    if (next === "B") return this.#skip(`(?:(?<=${word})(?=${word})|(?<!${word})(?!${word}))`);
    return { text: classOf(this.#cased(this.#escapedSet(false))), min: 1 };
  }

  #skip(text: string): Part {
    this.#at++;
    return { text, min: 0 };
  }

  /** What an escape of characters stands for: a class or a single character. */
  #escapedSet(inClass: boolean): CodePointSet {
    const next = this.#next();
    const word = pinnedSet("onigWord");
    const set = {
      d: generalCategory("Nd"),
      s: pinnedSet("space"),
      w: inClass ? word.intersection(NOT_WORD_IN_CLASS.complement()) : word,
      h: HEX_DIGITS,
    }[next.toLowerCase()];
    if (set !== undefined) return next === next.toLowerCase() ? set : set.complement();
    if (next === "p" || next === "P") return this.#property(next === "P");
    if (next === "x" || next === "u") return this.#hexadecimal(next);
    const control = CONTROL_ESCAPES[next];
    if (control !== undefined) return CodePointSet.of([[control, control]]);
    if (next === "b" && inClass) return CodePointSet.of([[8, 8]]);
    if (next === "0" && !/\d/.test(this.#peek() ?? "")) return CodePointSet.of([[0, 0]]);
    if (/[0-9A-Za-z]/.test(next)) throw this.#unsupported(`\\${next}`);
    return single(next);
  }

  #hexadecimal(kind: string): CodePointSet {
    const rest = this.#points.slice(this.#at, this.#at + 12).join("");
    const match = (kind === "u" ? /^([0-9a-f]{4})/i : /^(?:\{([0-9a-f]{1,6})\}|([0-9a-f]{1,2}))/i).exec(rest);
    if (match === null) throw this.#unsupported(`\\${kind}`);
    this.#at += match[0].length;
    const point = Number.parseInt(match[1] ?? match[2] ?? "", 16);
    // Single bytes above 7F are halves of characters in Oniguruma.
    if (match[2] !== undefined && point > 0x7f) throw this.#unsupported(`\\x${match[2]}`);
    return CodePointSet.of([[point, point]]);
  }

  #property(negated: boolean): CodePointSet {
    const match = /^\{(\^?)([^}]*)\}/.exec(this.#points.slice(this.#at, this.#at + 64).join(""));
    if (match === null) throw this.#unsupported("\\p without braces");
    this.#at += match[0].length;
    const set = property(match[2] ?? "");
    if (set === undefined) throw this.#unsupported(`\\p{${match[2]}}`);
    return negated !== (match[1] === "^") ? set.complement() : set;
  }

  /** A class behind its opening bracket. */
  #class(): CodePointSet {
    const negated = this.#take("^");
    let whole: CodePointSet | undefined;
    let set = NOTHING;
    for (let first = true; ; first = false) {
      if (this.#take("]")) {
        if (!first) break;
        // A bracket in the first place is itself.
        set = set.union(single("]"));
        continue;
      }
      if (this.#peek() === "&" && this.#points[this.#at + 1] === "&") {
        this.#at += 2;
        whole = whole === undefined ? set : whole.intersection(set);
        set = NOTHING;
        continue;
      }
      set = set.union(this.#classItem());
    }
    const all = this.#cased(whole === undefined ? set : whole.intersection(set));
    return negated ? all.complement() : all;
  }

  #classItem(): CodePointSet {
    if (this.#take("[")) {
      const posix = /^:(\^?)([a-z]+):\]/.exec(this.#points.slice(this.#at, this.#at + 16).join(""));
      if (posix === null) return this.#class();
      this.#at += posix[0].length;
      const named = posixSet(posix[2] ?? "");
      if (named === undefined) throw this.#unsupported(`[:${posix[2]}:]`);
      return posix[1] === "^" ? named.complement() : named;
    }
    const low = this.#take("\\") ? this.#escapedSet(true) : single(this.#next());
    const [from, isOne] = [low.ranges[0] ?? 0, low.ranges.length === 2 && low.ranges[0] === low.ranges[1]];
    const after = this.#points[this.#at + 1];
    if (!isOne || this.#peek() !== "-" || after === "]" || after === undefined) return low;
    this.#at++;
    const high = this.#take("\\") ? this.#escapedSet(true) : single(this.#next());
    const to = high.ranges[1] ?? 0;
    if (high.ranges[0] !== to || to < from) throw this.#unsupported("a range that is not from one character up to another");
    return CodePointSet.of([[from, to]]);
  }

  /** With the other case of each letter, where case is ignored. */
  #cased(set: CodePointSet): CodePointSet {
    if (!this.#ignoreCase) return set;
    const extra: [number, number][] = [];
    for (const [first, last] of set.pairs()) {
      for (let point = first; point <= last; point++) {
        for (const variant of variants(point)) {
          if (set.has(variant)) continue;
          // Only the folds of ASCII letters are pinned.
          if (point > 0x7f && point !== 0x17f && point !== 0x212a) throw this.#unsupported("(?i) with letters outside ASCII");
          extra.push([variant, variant]);
        }
      }
    }
    return extra.length === 0 ? set : set.union(CodePointSet.of(extra));
  }

  #peek(): string | undefined {
    return this.#points[this.#at];
  }

  #next(): string {
    const next = this.#points[this.#at++];
    if (next === undefined) throw this.#broken("it ends too early");
    return next;
  }

  #take(expected: string): boolean {
    if (this.#points[this.#at] !== expected) return false;
    this.#at++;
    return true;
  }

  #unsupported(construct: string): UnsupportedTokenizerError {
    return new UnsupportedTokenizerError("regular expression construct", construct, `in ${this.#source}`);
  }

  #broken(why: string): TokenizerFormatError {
    return new TokenizerFormatError(`tokenizer: the regular expression ${this.#source} is broken: ${why}`);
  }
}

function single(character: string): CodePointSet {
  const point = character.codePointAt(0) ?? 0;
  return CodePointSet.of([[point, point]]);
}

function classOf(set: CodePointSet): string {
  const body = set.classBody();
  return body === "" ? "(?!)" : `[${body}]`;
}
