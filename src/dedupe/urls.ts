/**
 * `dedupeUrls`: keeps the first document of each address. Addresses are compared in a normal form, made with the URL parser of the
 * WHATWG standard (lower-case host, punycode, no default port, resolved dots) and the rules of `normaliseUrl`.
 *
 * Turned down: keeping the longest or the last copy. In one pass that means holding every document back until the corpus ends; sort
 * by length first, or choose among the dropped ones from the exclusions.
 */
import { type Doc, knownOptions, optionType, type Stage } from "../core/index.ts";
import { documentReader } from "./exact-documents.ts";
import { keepFirst } from "./keep-first.ts";

/** Options of {@link normaliseUrl}. */
export interface UrlRules {
  /**
   * Names of query parameters that do not count; a name may end in `*`. Default: those of campaign and click tracking (`trackingParameters`).
   * An empty list keeps all.
   */
  readonly tracking?: readonly string[];
  /** Treat `http` and `https` as one. Default false. */
  readonly ignoreScheme?: boolean;
  /** Treat `www.example.com` and `example.com` as one. Default false. */
  readonly ignoreWww?: boolean;
}

/** Options of {@link dedupeUrls}. */
export interface DedupeUrlsOptions extends UrlRules {
  /** The field of `meta` that holds the address. Default "url". */
  readonly field?: string;
}

/** Parameters that name a campaign, a click or a session of a newsletter, never a page. */
export const trackingParameters: readonly string[] = Object.freeze([
  "utm_*",
  "gclid",
  "dclid",
  "gbraid",
  "wbraid",
  "fbclid",
  "msclkid",
  "yclid",
  "twclid",
  "igshid",
  "mc_cid",
  "mc_eid",
  "_ga",
  "_gl",
]);

const RULES = ["tracking", "ignoreScheme", "ignoreWww"] as const;
const NAME = "dedupeUrls";

/**
 * Drops every document whose address equals, in normal form, that of one kept before; the others pass unchanged and in order. Documents
 * without an address, or with one that is no URL, pass and are counted ("without a key"). Reason: "same-url", with `{ of, origin }` of
 * the kept document in runs that keep exclusions.
 *
 * Memory, checkpoints and workers as with `dedupeExact`: 20 to 25 bytes a different address. Throws `TypeError` for wrong options.
 */
export function dedupeUrls<T extends Doc>(options: DedupeUrlsOptions = {}): Stage<T, T> {
  knownOptions(NAME, options, ["field", ...RULES]);
  const { field = "url" } = options;
  if (typeof field !== "string" || field === "") throw optionType(NAME, "field", "the name of a field of `meta`", field);
  const normalise = normaliser(NAME, options);
  const { tracking = trackingParameters, ignoreScheme = false, ignoreWww = false } = options;
  return keepFirst<T, T>({
    name: NAME,
    config: { field, tracking, ignoreScheme, ignoreWww },
    words: 4,
    limit: 1,
    filterBytes: 0,
    whole: true,
    reader: () => documentReader("xxh3-128", (doc) => normalise(doc.meta[field]), "same-url"),
  });
}

/**
 * The form in which `dedupeUrls` compares an address, or undefined when it is no absolute URL with a host: what the URL parser gives,
 * without user and password, fragment, tracking parameters, slashes at the end of the path and a lone `?`. Other parameters keep their order.
 */
export function normaliseUrl(url: string, rules: UrlRules = {}): string | undefined {
  knownOptions("normaliseUrl", rules, RULES);
  return normaliser("normaliseUrl", rules)(url);
}

function normaliser(name: string, rules: UrlRules): (url: unknown) => string | undefined {
  const { tracking = trackingParameters, ignoreScheme = false, ignoreWww = false } = rules;
  if (!Array.isArray(tracking) || tracking.some((item) => typeof item !== "string" || item === "")) {
    throw optionType(name, "tracking", "a list of parameter names", tracking);
  }
  if (typeof ignoreScheme !== "boolean") throw optionType(name, "ignoreScheme", "a boolean", ignoreScheme);
  if (typeof ignoreWww !== "boolean") throw optionType(name, "ignoreWww", "a boolean", ignoreWww);
  const exact = new Set(tracking.filter((item) => !item.endsWith("*")));
  const prefixes = tracking.filter((item) => item.endsWith("*")).map((item) => item.slice(0, -1));
  const isTracking = (parameter: string): boolean => {
    const end = parameter.indexOf("=");
    const key = end < 0 ? parameter : parameter.slice(0, end);
    return exact.has(key) || prefixes.some((prefix) => key.startsWith(prefix));
  };
  return (value) => {
    if (typeof value !== "string" || !URL.canParse(value)) return undefined;
    const url = new URL(value);
    if (url.host === "") return undefined;
    const scheme = ignoreScheme && url.protocol === "http:" ? "https:" : url.protocol;
    const host = ignoreWww && url.host.startsWith("www.") ? url.host.slice(4) : url.host;
    // The query is cut by hand: URLSearchParams would write its escapes anew.
    const parameters = url.search
      .slice(1)
      .split("&")
      .filter((parameter) => parameter !== "" && !isTracking(parameter));
    const query = parameters.length === 0 ? "" : `?${parameters.join("&")}`;
    let end = url.pathname.length;
    while (url.pathname[end - 1] === "/") end--;
    return `${scheme}//${host}${url.pathname.slice(0, end)}${query}`;
  };
}
