/**
 * Runs after every build: removes the declarations that no declaration of the
 * library imports. The compiler writes one for each file that it has read.
 */
'use strict';

const { existsSync, readdirSync, readFileSync, rmdirSync, rmSync } = require('node:fs');
const { dirname, join } = require('node:path');

const types = join(__dirname, '..', 'dist', 'types');
const needed = new Set();

function need(file) {
  if (needed.has(file)) {
    return;
  }
  needed.add(file);
  for (const [, path] of readFileSync(file, 'utf8').matchAll(/['"](\.{1,2}\/[^'"]+)['"]/g)) {
    const imported = join(dirname(file), path.replace(/\.[jt]sx?$/, '.d.ts'));
    if (!existsSync(imported)) {
      throw new Error(`${file} imports ${path}, which has no declaration`);
    }
    need(imported);
  }
}

function prune(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      prune(path);
    } else if (!needed.has(path)) {
      rmSync(path);
    }
  }
  if (readdirSync(folder).length === 0) {
    rmdirSync(folder);
  }
}

need(join(types, 'index.d.ts'));
prune(types);
