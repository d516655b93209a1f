/** The named classes of Oniguruma, and its other cases of letters. */
import { CodePointSet, EVERYTHING, generalCategory, NOTHING, pinnedSet, scriptSet } from "./code-points.ts";

/** `\h`, which is no white space here. */
export const HEX_DIGITS: CodePointSet = CodePointSet.of([[48, 57], [65, 70], [97, 102]]); // biome-ignore format: pairs

/** The other cases of a code point; those of ASCII as Oniguruma has them, with the long s and the Kelvin sign. */
export function variants(point: number): readonly number[] {
  const character = String.fromCodePoint(point);
  const known = ["sS\u017f", "kK\u212a"].find((group) => group.includes(character));
  const all = known === undefined ? [character.toLowerCase(), character.toUpperCase()] : [...known];
  return all.filter((c) => c !== character).map((c) => c.codePointAt(0) ?? 0);
}

/** `\p{...}`: categories, scripts and the few properties in use; names are compared as Oniguruma does. */
export function property(name: string): CodePointSet | undefined {
  const key = name.replace(/[ _-]/g, "").toLowerCase();
  const category = CATEGORY_NAMES.get(key);
  if (category !== undefined) return generalCategory(category);
  return (
    posixSet(key) ?? { any: EVERYTHING, alphabetic: pinnedSet("onigAlphabetic"), whitespace: pinnedSet("space") }[key] ?? scriptSet(key)
  );
}

export function posixSet(name: string): CodePointSet | undefined {
  const category = (key: string): CodePointSet => generalCategory(key) ?? NOTHING;
  const alpha = pinnedSet("onigAlphabetic");
  return {
    alpha,
    digit: category("Nd"),
    alnum: alpha.union(category("Nd")),
    punct: category("P").union(category("S")),
    space: pinnedSet("space"),
    word: pinnedSet("onigWord"),
    xdigit: HEX_DIGITS,
  }[name];
}

const CATEGORY_NAMES: ReadonlyMap<string, string> = new Map(
  `L=letter M=mark N=number P=punctuation S=symbol Z=separator C=other LC=casedletter Lu=uppercaseletter Ll=lowercaseletter
  Lt=titlecaseletter Lm=modifierletter Lo=otherletter Mn=nonspacingmark Mc=spacingmark Me=enclosingmark Nd=decimalnumber Nl=letternumber
  No=othernumber Pc=connectorpunctuation Pd=dashpunctuation Ps=openpunctuation Pe=closepunctuation Pi=initialpunctuation
  Pf=finalpunctuation Po=otherpunctuation Sm=mathsymbol Sc=currencysymbol Sk=modifiersymbol So=othersymbol Zs=spaceseparator
  Zl=lineseparator Zp=paragraphseparator Cc=control Cf=format Co=privateuse Cn=unassigned`
    .split(/\s+/)
    .flatMap((item): [string, string][] => {
      const [short = "", long = ""] = item.split("=");
      return [
        [short.toLowerCase(), short],
        [long, short],
      ];
    }),
);
