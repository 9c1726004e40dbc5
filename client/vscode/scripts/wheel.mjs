// Puts the server's wheel into bundled/, so that the extension installs what it was made with. Needs Python with pip.
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';

const python = process.env.PYTHON ?? 'python3';
rmSync('bundled', { recursive: true, force: true });
mkdirSync('bundled');
execFileSync(python, ['-m', 'pip', 'wheel', '--quiet', '--no-deps', '--wheel-dir', 'bundled', '../..'], { stdio: 'inherit' });
