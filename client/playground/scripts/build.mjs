// Bundles the page into the Python package: no file of it comes from anywhere else.
import { build, context } from 'esbuild';
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const out = '../../server/python_slm/playground/assets';
const watching = process.argv.includes('--watch');
rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
for (const name of ['index.html', 'style.css', 'icon.svg']) {
  copyFileSync(name, join(out, name));
}
const options = {
  entryPoints: { main: 'src/main.ts', 'editor.worker': 'monaco-editor/editor/editor.worker.js' },
  outdir: out,
  bundle: true,
  format: 'esm',
  target: 'es2022',
  minify: !watching,
  loader: { '.ttf': 'dataurl' },
  legalComments: 'external',
  logLevel: 'warning',
};
if (watching) {
  await (await context(options)).watch();
} else {
  await build(options);
  writeFileSync(join(out, 'BUILD.json'), `${JSON.stringify({ sources: digest() }, null, 2)}\n`);
}

/** Of everything that the page is made of; a test compares it, so that no stale build is shipped. */
function digest() {
  const hash = createHash('sha256');
  const files = ['index.html', 'style.css', 'icon.svg', 'package-lock.json', ...readdirSync('src').map((name) => `src/${name}`)];
  for (const file of files.sort()) {
    hash.update(`${file}\0`).update(readFileSync(file)).update('\0');
  }
  return hash.digest('hex');
}
