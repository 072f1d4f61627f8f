/**
 * `npm run -s map-stack < FILE`: adds to each frame of a stack where it is in the
 * source, by the maps of the build in dist/. Run it in a checkout of the version
 * that stands below the stack, after a build. A chunk's name holds a hash of its
 * content, so that the maps of another build are not applied.
 */
'use strict';

const { existsSync, readFileSync } = require('node:fs');
const { SourceMap } = require('node:module');
const { join, posix } = require('node:path');

const dist = process.argv[2] ?? join(__dirname, '..', 'dist');
/** Events and the screen show a whole stack in one line, so that a frame may stand anywhere. */
const frame = /([\w.-]+\.js):(\d+):(\d+)/g;
const maps = new Map();

/** The map of a file; undefined if this build has none. */
function mapOf(name) {
  if (!maps.has(name)) {
    const path = join(dist, `${name}.map`);
    maps.set(name, existsSync(path) ? new SourceMap(JSON.parse(readFileSync(path, 'utf8'))) : undefined);
  }
  return maps.get(name);
}

/** A frame with its place in the source. One of a file that this build does not have cannot be mapped, and says so. */
function mapped(place, name, row, column) {
  const map = mapOf(name);
  if (map === undefined) {
    return `${place} [${name} is not in this build]`;
  }
  const { originalSource, originalLine, originalColumn } = map.findEntry(Number(row) - 1, Number(column) - 1);
  return originalSource === undefined
    ? place
    : `${place} [${posix.normalize(`dist/${originalSource}`)}:${originalLine + 1}:${originalColumn + 1}${functionAt(map, originalSource, originalLine)}]`;
}

/** The function in which a line of the source lies: the nearest declaration above it that is indented less. */
function functionAt(map, source, line) {
  const { sources, sourcesContent = [] } = map.payload;
  const rows = (sourcesContent[sources.indexOf(source)] ?? '').split('\n');
  let indent = /^ */.exec(rows[line] ?? '')[0].length + 1;
  for (let at = line; at >= 0; at -= 1) {
    const [, space, name] =
      /^( *)(?:export |default |async |static |get |set )*(?:function\*? )?([#\w$]+)\(.*\{$/.exec(rows[at]) ??
      [];
    if (name !== undefined && space.length < indent && !/^(?:if|for|while|switch|catch|return)$/.test(name)) {
      return ` ${name}`;
    }
    if (rows[at].trim() !== '') {
      indent = Math.min(indent, /^ */.exec(rows[at])[0].length + 1);
    }
  }
  return '';
}

process.stdout.write(readFileSync(0, 'utf8').replace(frame, mapped));
