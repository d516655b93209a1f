/** The texts whose words the kit asks for. Characters that old versions of Unicode know, so that any implementation can answer. */
import { generator, pick } from "./generator.ts";

const WRITTEN = [
  "",
  " \t\n",
  "The quick brown fox jumps over the lazy dog.",
  "It's 3.14 o'clock -- at 10:30 on Monday, 2024-01-02.",
  "Café naïve ÀÉÎ Å İstanbul Straße STRASSE ẞ ΣΊΣΥΦΟΣ Σίσυφος",
  "Cafe\u0301 nai\u0308ve A\u030a I\u0307stanbul",
  "ﬁne ﬂow ½ ² Ⅷ ①② ㎏ ﷺ ㍿ ＡＢＣ１２３",
  "foo_bar-baz/qux a.b.c 1.2.3.4 $5 & 10% + x=y C++ C#",
  "zero\u200bwidth soft\u00adhyphen word\u2060joiner \ufeffmark\u200d",
  "“Quoted” … text—dash «ça» ‹va›",
  "東京は日本の首都である。人口は約千四百万人。",
  "カタカナとひらがなが混ざったガギグゲゴ ｶﾞｷﾞｸﾞ か\u3099",
  "การทดสอบภาษาไทยที่ไม่มีช่องว่างระหว่างคำ",
  "ພາສາລາວ ភាសាខ្មែរ မြန်မာဘာသာ",
  "한국어 문장은 낱말 사이에 빈칸이 있다",
  "यह हिन्दी में लिखा हुआ एक छोटा सा वाक्य है",
  "نصٌّ عربيٌّ قصير ١٢٣ مكتوب",
  "שָׁלוֹם עוֹלָם",
  "བོད་སྐད་ཡིག་",
  "emoji 👍 count 🎉🎉 as 🚀 words 👍🏽 👨‍👩‍👧 ❤️ here 😀",
  "𝒳 𝟙𝟚 𠀀𠮷 \u{10ffff} \ue000",
  "a\u0301\u0327 b\u20dd ก\u0e33 \u0301alone \u3099",
  "half \ud800 a pair \udc00",
] as const;

/** Pieces that meet each other in texts made at random. */
const PIECES = [
  "a", "B", "word", "É", "e\u0301", "ß", "\u00ad", "\u200d", " ", "  ", "\n", ",", "'", "-", "_", "+", "$", "9", "٣", "½", "ﬁ", "İ",
  "東", "か", "\u3099", "ガ", "ส", "\u0e33", "\u0e48", "क", "\u093f", "\u094d", "ﷺ", "👍", "🏽", "한", "\u1112", "\u1161", "ሀ", "א", "\u05b8",
  "\u0301", "\u20dd", "。", "·", "々", "〇", "Ⅷ", "…",
] as const; // biome-ignore format: a list

export function texts(): string[] {
  const next = generator(2024);
  const random = Array.from({ length: 150 }, () => Array.from({ length: 1 + (next() % 14) }, () => pick(next, PIECES)).join(""));
  return [...WRITTEN, ...random];
}
