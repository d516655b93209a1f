import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Doc } from "../../src/core/index.ts";
import { type DedupeUrlsOptions, dedupeUrls, normaliseUrl, trackingParameters } from "../../src/dedupe/index.ts";
import { stageLaws } from "../laws/laws.ts";
import { docsOf } from "./corpus.ts";
import { inOnePass, overWorkers } from "./over-workers.ts";

function docs(urls: readonly unknown[], field = "url"): Doc[] {
  return docsOf(urls.map((_, i) => `text ${i}`)).map((doc, i) => ({ ...doc, meta: urls[i] === undefined ? {} : { [field]: urls[i] } }));
}

const few = (): Doc[] => docs(Array.from({ length: 30 }, (_, i) => (i % 7 === 3 ? undefined : `https://example.com/${(i * i) % 11}#${i}`)));

stageLaws<Doc, Doc>({ name: "dedupeUrls", make: () => dedupeUrls(), input: few });

describe("normaliseUrl", () => {
  it.each<[string, string]>([
    ["HTTP://Example.COM:80/a/", "http://example.com/a"],
    ["https://example.com:443", "https://example.com"],
    ["https://example.com:8443/", "https://example.com:8443"],
    ["https://user:secret@example.com/a", "https://example.com/a"],
    ["https://example.com/a/../b/./c#part", "https://example.com/b/c"],
    ["https://example.com/a?", "https://example.com/a"],
    ["https://example.com/a?b=1&utm_source=x&c=2&gclid=3", "https://example.com/a?b=1&c=2"],
    ["https://example.com/?utm_source=x&fbclid=y", "https://example.com"],
    ["https://example.com/a?b=%2F&c=ü", "https://example.com/a?b=%2F&c=%C3%BC"],
    ["https://bücher.example/ä", "https://xn--bcher-kva.example/%C3%A4"],
    [" https://example.com/a \n", "https://example.com/a"],
    ["https://example.com/A", "https://example.com/A"],
  ])("%s is %s", (url, expected) => {
    expect(normaliseUrl(url)).toBe(expected);
  });

  it.each(["", "example.com/a", "/a/b", "mailto:a@b.c", "https://", "not a url"])("%s has none", (url) => {
    expect(normaliseUrl(url)).toBeUndefined();
  });

  it("keeps what its rules do not name", () => {
    const url = "http://www.example.com/?ref=a&utm_id=b";
    expect(normaliseUrl(url, { tracking: [] })).toBe("http://www.example.com?ref=a&utm_id=b");
    expect(normaliseUrl(url, { tracking: [...trackingParameters, "ref"] })).toBe("http://www.example.com");
    expect(normaliseUrl(url, { ignoreScheme: true, ignoreWww: true })).toBe("https://example.com?ref=a");
  });

  it("of a normal form is the normal form", () => {
    fc.assert(
      fc.property(fc.webUrl({ withFragments: true, withQueryParameters: true }), (url) => {
        const normal = normaliseUrl(url) as string;
        expect(normaliseUrl(normal)).toBe(normal);
      }),
      { numRuns: 50 },
    );
  });

  it("takes linear time for a path of slashes", () => {
    expect(normaliseUrl(`https://example.com/${"/".repeat(200_000)}a`)?.length).toBe(200_021);
  });
});

describe("dedupeUrls", () => {
  it("keeps the first document of each address, and those without one", async () => {
    const urls = ["https://a.com/", "https://b.com", undefined, "https://A.com#x", 7, "no url", "https://b.com/?utm_medium=m", "no url"];
    const { passed, dropped, counters } = await inOnePass(() => dedupeUrls<Doc>(), docs(urls));
    expect(passed.map((doc) => doc.id)).toEqual(["0", "1", "2", "4", "5", "7"]);
    expect(dropped).toEqual({ "same-url": 2 });
    expect(counters).toEqual({ "without a key": 4 });
  });

  it("reads the field it is told", async () => {
    const { passed } = await inOnePass(() => dedupeUrls<Doc>({ field: "link" }), docs(["https://a.com/", "https://a.com"], "link"));
    expect(passed.length).toBe(1);
    expect((await inOnePass(() => dedupeUrls<Doc>(), docs(["https://a.com/", "https://a.com"], "link"))).passed.length).toBe(2);
  });

  it("decides the same over workers", async () => {
    const url = fc.constantFrom("https://a.com", "https://a.com/?gclid=1", "https://b.com/x", "http://b.com/x/", undefined, "none");
    await fc.assert(
      fc.asyncProperty(fc.array(url, { maxLength: 30 }), fc.array(fc.nat(30), { maxLength: 4 }), async (urls, cuts) => {
        const make = () => dedupeUrls<Doc>({ ignoreScheme: true });
        const { files: _, ...spread } = await overWorkers(make, docs(urls), cuts);
        expect(spread).toEqual(await inOnePass(make, docs(urls)));
      }),
      { numRuns: 40 },
    );
  });

  it.each<[unknown, string]>([
    [{ key: "url" }, "unknown option `key`; known options are field, tracking, ignoreScheme, ignoreWww"],
    [{ field: "" }, 'expected `field` to be the name of a field of `meta`, got ""'],
    [{ tracking: "utm_*" }, 'expected `tracking` to be a list of parameter names, got "utm_*"'],
    [{ ignoreWww: 1 }, "expected `ignoreWww` to be a boolean, got 1"],
  ])("%j is refused when the stage is made", (options, message) => {
    expect(() => dedupeUrls(options as DedupeUrlsOptions)).toThrow(`dedupeUrls: ${message}`);
  });
});
