import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Command, readArguments, UsageError } from "../../src/cli/command.ts";
import { commandHelp, toolHelp } from "../../src/cli/help.ts";
import { inspect } from "../../src/cli/inspect.ts";
import { edits, nearest } from "../../src/cli/nearest.ts";
import { run } from "../../src/cli/run.ts";

const COMMANDS: readonly Command[] = [run, inspect];

describe("arguments", () => {
  it("reads flags, their values, positionals and what follows --", () => {
    const given = readArguments(run, ["p.ts", "--seed", "-5", "--json", "--on-error=skip", "--", "--steps", "3", "x"]);
    expect(given.values).toEqual({ seed: "-5", "on-error": "skip" });
    expect([...given.set].sort()).toEqual(["json", "on-error", "seed"]);
    expect(given.positionals).toEqual(["p.ts"]);
    expect(given.rest).toEqual(["--steps", "3", "x"]);
  });

  it("takes short flags", () => {
    expect(readArguments(inspect, ["-n", "5", "a.tar"]).values).toEqual({ samples: "5" });
    expect(readArguments(inspect, ["-n5"]).values).toEqual({ samples: "5" });
  });

  const mistakes: readonly (readonly [args: string[], message: RegExp])[] = [
    [["--sead", "3"], /^unknown flag --sead; did you mean --seed\? \(millrace run --help lists the flags\)$/],
    [["--onerror", "skip"], /^unknown flag --onerror; did you mean --on-error\?/],
    [["--frobnicate"], /^unknown flag --frobnicate \(millrace run/],
    [["--constructor"], /^unknown flag --constructor/],
    [["-x"], /^unknown flag -x \(/],
    [["--seed"], /^--seed needs a value, for example `--seed n`/],
    [["--exclusions", "--json"], /^--exclusions needs a value/],
    [["--seed="], /^--seed needs a value/],
    [["--seed", "1.5"], /^--seed is a whole number, got "1.5"/],
    [["--workers", "5000"], /^--workers is a whole number from 1 to 1024, got "5000"/],
    [["--metrics", "99999"], /^--metrics is a whole number from 0 to 65535, got "99999"/],
    [["--seed", "1e400"], /^--seed is a whole number/],
    [["--seed", "9007199254740993"], /^--seed is a whole number/],
    [["--on-error", "skp"], /^--on-error is one of throw, skip, got "skp"; did you mean skip\?/],
    [["--progress", "bars"], /^--progress is one of auto, plain, none, got "bars" \(/],
    [["--json=yes"], /^--json takes no value, got "yes"/],
  ];
  it.each(mistakes)("%j is refused with a way out", (args, message) => {
    const read = (): unknown => readArguments(run, ["p.ts", ...args]);
    expect(read).toThrow(UsageError);
    expect(read).toThrow(message);
  });

  it("does not take a sample count below zero", () => {
    expect(() => readArguments(inspect, ["a.tar", "--samples", "-1"])).toThrow(/--samples is a whole number of at least 0, got "-1"/);
  });

  it("never throws anything but a usage error, whatever is typed", () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.string(), fc.constantFrom("--seed", "--json", "--", "-n", "--on-error", "skip", "=", "-"))),
        (args) => {
          try {
            const { positionals, rest } = readArguments(run, args);
            for (const word of [...positionals, ...rest]) expect(args).toContain(word);
          } catch (error) {
            expect(error).toBeInstanceOf(UsageError);
          }
        },
      ),
    );
  });
});

describe("help", () => {
  it("of the tool lists every command with its summary and version", () => {
    const text = toolHelp(COMMANDS, "1.2.3");
    expect(text).toContain("millrace 1.2.3");
    for (const command of COMMANDS) {
      expect(text).toContain(`  ${command.name.padEnd(7)}  ${command.summary}`);
    }
  });

  it.each(COMMANDS)("of $name lists every flag and examples that the parser takes", (command) => {
    const text = commandHelp(command);
    for (const name of [...Object.keys(command.flags), "help"]) expect(text).toMatch(new RegExp(`^ {2}--${name}\\b.* {2}\\S`, "m"));
    expect(command.examples.length).toBeGreaterThan(0);
    for (const [line] of command.examples) {
      expect(text).toContain(line);
      const words = (line.split(" > ")[0] ?? "").split(" ").map((word) => word.replaceAll('"', ""));
      expect(words.slice(0, 2)).toEqual(["millrace", command.name]);
      expect(() => readArguments(command, words.slice(2))).not.toThrow();
    }
    for (const line of text.split("\n")) expect(line.length).toBeLessThanOrEqual(120);
  });

  it("shows the words a flag allows", () => {
    expect(commandHelp(run)).toContain("--on-error <throw|skip>");
  });
});

describe("nearest", () => {
  it("finds the word that was meant", () => {
    expect(nearest("inspcet", ["run", "inspect"])).toBe("inspect");
    expect(nearest("rn", ["run", "inspect"])).toBe("run");
    expect(nearest("RUN", ["run"])).toBe("run");
    expect(nearest("tokenise", ["tokenize", "read"])).toBe("tokenize");
  });

  it("says nothing rather than nonsense", () => {
    expect(nearest("xyz", ["run", "inspect"])).toBeUndefined();
    expect(nearest("", ["run"])).toBeUndefined();
    expect(nearest("run", [])).toBeUndefined();
  });

  it("counts edits as a metric does", () => {
    expect(edits("seed", "sead")).toBe(1);
    expect(edits("ab", "ba")).toBe(1);
    fc.assert(
      fc.property(fc.string({ maxLength: 8 }), fc.string({ maxLength: 8 }), (a, b) => {
        const distance = edits(a, b);
        expect(distance).toBe(edits(b, a));
        expect(distance === 0).toBe(a === b);
        expect(distance).toBeGreaterThanOrEqual(Math.abs(a.length - b.length));
        expect(distance).toBeLessThanOrEqual(Math.max(a.length, b.length));
      }),
    );
  });
});
