/** Texts made by rule from a seed, so that no third-party text is needed: pieces on which tokenizers and filters stumble. */
import { EXCEPTION_TEXTS } from "../../src/clean/exceptions.ts";
import { Random } from "../../src/core/index.ts";

const WORDS =
  "the be to of and that have with a cat sat mat quick Brown NATO U.S e.g well-known state-of-the-art can't it's O'Neil naïve Ångström " +
  "straße Москва мир 東京 カタカナ 한국어 עברית हिन्दी über coöperate cannot gonna I'd they're ain't don’t x y z Mr. p.m. Inc. co";
const MARKS = `. , ; : ! ? " ' ( ) [ ] { } < > # * & - -- --- — – ~ / \\ | + = ^ % $ € £ US$ C$ A$ @ _ … …… .. ... .... ‘ ’ “ ” « » ¿ ¡ § ° 。 ！ ？ ، ؟ । ★ ☃ 😀 🇩🇪 𐍈 𝒜 𠀀 © ™ ½ ² ³`;
const ODD =
  "5km² 10am 3.14 1,000 5% 7µm 12km/h $5.00 9€ 4US$ 2T 6тбكم 1990s 20°C. 10°f. 3-4 2*3 2^-1 1+1 a+b 0.0 192.168.1.1 8.8.8.8 8.8.8.8:80/x " +
  "http://example.com/a?b=c#d example.com www.example.co.uk/path me@example.org a_b@x.y.zz ftp://u:p@h.example:21/ foo.Bar foo.bar x.y " +
  "http://-bad.com 1.2.3 @user #tag :-) :D (: </3 o_O ಠ_ಠ ¯\\(ツ)/¯ 's 'S ’s n't and/or w/o <space> C++ \\n \\t \\\") '' a.b.c. U.S.A. Ph.D.";
const GAPS = [" ", " ", " ", " ", " ", " ", "  ", "\n", "\n\n", "\t", "\u00a0", "\u3000", "\r\n", "\u2028", "\u0085", "\u001c", " \n "];
const ODD_CHARS = [
  "\u200b",
  "\ufeff",
  "\u0301",
  "\u0000",
  "\u007f",
  "\u0663",
  "\u0967",
  "\ud835\udfd8",
  "\u1e9e",
  "\ufdfd",
  "\u{20bb7}",
  "\u{1f9d1}\u200d\u{1f4bb}",
];

const LISTS = { words: WORDS.split(" "), marks: MARKS.split(" "), odd: ODD.split(" ") };

/** Texts of up to `size` chunks; each chunk glues a few words, marks and exceptions together. */
export function oddTexts(seed: number, count: number, size = 60): string[] {
  const random = new Random(seed, "texts");
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random.next() * list.length)] as T;
  const piece = (): string => {
    const kind = random.next();
    if (kind < 0.4) return pick(LISTS.words);
    if (kind < 0.75) return pick(LISTS.marks);
    if (kind < 0.87) return pick(LISTS.odd);
    if (kind < 0.97) return pick(EXCEPTION_TEXTS);
    return pick(ODD_CHARS);
  };
  return Array.from({ length: count }, () => {
    let text = "";
    for (let chunks = Math.ceil(random.next() * size); chunks > 0; chunks--) {
      for (let pieces = Math.ceil(random.next() ** 3 * 6); pieces > 0; pieces--) text += piece();
      text += pick(GAPS);
    }
    return text;
  });
}

/** Documents that look like prose, with enough lists, repeats, short lines and boilerplate for every filter to find something. */
export function prose(seed: number, count: number): string[] {
  const random = new Random(seed, "prose");
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random.next() * list.length)] as T;
  const words = (
    "the be to of and that have with a in is it was for on as by at from this which river stone market winter engine letter " +
    "carried opened between measured slowly quietly northern ancient public small harbour valley people number history found"
  ).split(" ");
  const specials = [
    "Lorem ipsum dolor sit amet.",
    "Please enable JavaScript to read this page.",
    "This site uses cookies to work.",
    "Read our privacy policy and the terms of use.",
    "function f() { return 1; }",
    "# # # heading # #",
    "and so on...",
    "• a point of the list",
    "- another point",
    "It was built in 1887.[12][edit] It fell.[citation needed]",
    "© 2020 Example Ltd. All rights reserved",
    "12 34 56 78 90",
    "ok.",
    `a${"very".repeat(300)}longword is here.`,
  ];
  return Array.from({ length: count }, () => {
    const style = random.next();
    const lines: string[] = [];
    const total = Math.ceil(random.next() ** 2 * 30);
    for (let i = 0; i < total; i++) {
      const kind = random.next();
      if (kind < 0.12 * style) lines.push(pick(specials));
      else if (kind < 0.25 * style && lines.length > 0) lines.push(pick(lines));
      else {
        let line = "";
        for (let s = Math.ceil(random.next() * 4); s > 0; s--) {
          const length = Math.ceil(random.next() * (style < 0.3 ? 25 : 12));
          const sentence = Array.from({ length }, () => pick(words)).join(" ");
          line += sentence.charAt(0).toUpperCase() + sentence.slice(1) + pick([". ", ". ", ", ", "! ", "? ", " ", "... ", '." ']);
        }
        lines.push(random.next() < 0.8 ? line.trimEnd() : line);
      }
    }
    return lines.join(pick(["\n", "\n", "\n\n", "\r\n"])) + pick(["", "", "\n", "  "]);
  });
}
