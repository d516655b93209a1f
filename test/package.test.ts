import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { VERSION } from "../src/core/index.ts";
import * as millrace from "../src/index.ts";

interface Manifest {
  name: string;
  version: string;
  type: string;
  engines: { node: string };
  files: string[];
  bin: Record<string, string>;
  sideEffects: boolean;
  exports: Record<string, unknown>;
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
  peerDependencies: Record<string, string>;
  peerDependenciesMeta: Record<string, { optional: boolean }>;
  scripts: Record<string, string>;
}

const root = new URL("../", import.meta.url);
const manifest = JSON.parse(readFileSync(new URL("package.json", root), "utf8")) as Manifest;

describe("the package", () => {
  it("is what its readers expect", () => {
    expect(manifest).toMatchObject({ name: "millrace", type: "module", sideEffects: false, engines: { node: ">=20.19" } });
    expect(manifest.version).toBe(VERSION);
    expect(manifest.bin).toEqual({ millrace: "dist/cli/main.js" });
    expect(manifest.files).toEqual(["dist", "src", "README.md", "CHANGELOG.md", "LICENSE", "NOTICE"]);
  });

  it("pins every dependency exactly and makes every peer optional", () => {
    for (const [name, version] of Object.entries({ ...manifest.dependencies, ...manifest.devDependencies })) {
      expect(version, name).toMatch(/^\d+\.\d+\.\d+$/);
    }
    expect(Object.keys(manifest.peerDependenciesMeta).sort()).toEqual(Object.keys(manifest.peerDependencies).sort());
    for (const meta of Object.values(manifest.peerDependenciesMeta)) expect(meta.optional).toBe(true);
  });

  it("downloads nothing in install scripts: no dependency of the lockfile has one", () => {
    const lock = JSON.parse(readFileSync(new URL("package-lock.json", root), "utf8")) as {
      packages: Record<string, { hasInstallScript?: boolean }>;
    };
    const scripted = Object.entries(lock.packages).filter(([path, entry]) => path !== "" && entry.hasInstallScript === true);
    expect(scripted.map(([path]) => path)).toEqual([]);
  });

  it("exports at most 25 names from its main entry", () => {
    const index = readFileSync(new URL("src/index.ts", root), "utf8");
    const names = [...index.matchAll(/export(?: type)? \{([^}]*)\}/g)].flatMap(([, list]) => (list ?? "").split(",").map((n) => n.trim()).filter(Boolean)); // biome-ignore format: one line
    expect(names.length).toBeGreaterThan(Object.keys(millrace).length - 1);
    expect(names.length).toBeLessThanOrEqual(25);
  });

  it("says at the top of the README the two commands that CI runs", () => {
    const readme = readFileSync(new URL("README.md", root), "utf8").split("\n").slice(0, 25).join("\n");
    const ci = readFileSync(new URL(".ci/run", root), "utf8");
    for (const command of ["npm ci && npm run demo", "npm ci && npm test"]) {
      expect(readme).toContain(command);
      expect(ci).toContain(`as_written "${command}"`);
    }
  });
});
