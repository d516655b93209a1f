import { TokenizerFormatError } from "./errors.ts";
import { objectAt, stringAt } from "./json.ts";
import { literalPattern, type Pattern, translateRegex } from "./regex.ts";

/** A pattern as `Replace` and `Split` write it: `{"String": "..."}` or `{"Regex": "..."}`. */
export interface SourcedPattern {
  readonly pattern: Pattern;
  readonly source: string;
  readonly isRegex: boolean;
}

export function patternAt(json: unknown, where: string): SourcedPattern {
  const { String: literal, Regex: regex } = objectAt(json, where);
  if (literal !== undefined) {
    const source = stringAt(literal, `${where}.String`);
    return { pattern: literalPattern(source), source, isRegex: false };
  }
  if (regex === undefined) throw new TokenizerFormatError(`tokenizer: ${where} has neither String nor Regex`);
  const source = stringAt(regex, `${where}.Regex`);
  return { pattern: translateRegex(source), source, isRegex: true };
}
