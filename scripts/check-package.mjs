// `npm run check:package`: what npm would publish is packed, installed into an empty project and used there, and its
// exports are checked by publint. It catches the commonest release bugs: a file that is not packed, an export that does
// not resolve, a dependency that is missing at run time.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const dir = mkdtempSync(join(tmpdir(), "millrace-package-"));
const run = (command, args, cwd) => execFileSync(command, args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });

try {
  run(process.execPath, [join(root, "node_modules/publint/src/cli.js"), root, "--strict"], root);
  const [{ filename, files, unpackedSize }] = JSON.parse(
    run("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", dir], root),
  );
  const packed = new Set(files.map((file) => file.path));
  for (const needed of ["dist/index.js", "dist/index.d.ts", "dist/cli/main.js", "src/index.ts", "README.md", "CHANGELOG.md", "LICENSE"]) {
    if (!packed.has(needed)) throw new Error(`the package lacks ${needed}`);
  }
  const stray = [...packed].filter((path) => /^(test|bench|examples|docs|node_modules|\.ci)\//.test(path));
  if (stray.length > 0) throw new Error(`the package holds ${stray.join(", ")}`);

  writeFileSync(join(dir, "package.json"), JSON.stringify({ name: "user", type: "module", private: true }));
  run("npm", ["install", "--no-audit", "--no-fund", join(dir, filename)], dir);
  const specifiers = Object.keys(manifest.exports)
    .filter((path) => path !== "./package.json")
    .map((path) => `millrace${path.slice(1)}`);
  writeFileSync(
    join(dir, "use.mjs"),
    `for (const name of ${JSON.stringify(specifiers)}) { const m = await import(name); if (Object.keys(m).length === 0) throw new Error(name + " exports nothing"); }\n`,
  );
  run(process.execPath, ["use.mjs"], dir);
  run(join(dir, "node_modules/.bin/millrace"), ["--help"], dir);

  // The library's types must serve a user's strict project, without the library's own compiler options.
  writeFileSync(
    join(dir, "use.ts"),
    'import { from, map, type Pipeline } from "millrace";\nexport const p: Pipeline<number> = from(["a"]).pipe(map((s) => s.length));\n',
  );
  run(
    process.execPath,
    [
      join(root, "node_modules/typescript/bin/tsc"),
      "--noEmit",
      "--strict",
      "--module",
      "nodenext",
      "--target",
      "es2022",
      "--lib",
      "es2023,esnext.disposable",
      "--types",
      "node",
      "--typeRoots",
      join(root, "node_modules/@types"),
      "use.ts",
    ],
    dir,
  );
  console.log(
    `package: ${packed.size} files, ${(unpackedSize / 1024).toFixed(0)} KiB unpacked, ${specifiers.length} entry points import, the bin runs, the types serve a strict user`,
  );
} finally {
  rmSync(dir, { recursive: true, force: true });
}
