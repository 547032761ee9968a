// A small data set whose file name and class names try everything a name can try.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/// A version 1.0 .npy file of unsigned bytes.
const npy = (shape, bytes) => {
  let header = `{'descr': '|u1', 'fortran_order': False, 'shape': (${shape.join(', ')},), }`;
  header = header.padEnd(header.length + 63 - ((header.length + 10) % 64)) + '\n';
  const front = Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, header.length & 255, header.length >> 8]);
  return Buffer.concat([front, Buffer.from(header, 'latin1'), bytes]);
};

/// Each sets window.pwned if anything of it is ever run. No commas: --class-names separates by them.
export const classNames = [
  '<script>window.pwned=1</script>',
  '"><img src=x onerror=window.pwned=1>',
  "</script><script>window.pwned=1</script>'\"`",
  'javascript:window.pwned=1',
  'abc\u202edefghi\u2066jkl',
  '🙂 family 👩‍👩‍👧 — ﷽ \u2028 line',
  'long'.repeat(2500),
  'datum["truth"] + window.pwned=1; ${window.pwned=1} {{pwned}} #{pwned} %s',
  "new\nline\ttab \\ back\\u003cslash 'quote' <!-- ]]> &lt;b&gt;",
];

/// What a reader must find on the page, letter by letter.
export const readable = classNames.filter((_, i) => ![4, 5, 6, 8].includes(i));

/// The slash makes this a folder and a file in it; together they spell an element.
export const fileName = '"><img src=x onerror=window.pwned=1><script>window.pwned=1<' + '/script> $(touch pwned) `touch pwned` %s {}.npy';

/// Writes data and labels into `folder`: 40 rows of 4 x 4 pixels a class, one bright pixel and noise. Returns the
/// arguments that analyze them.
export const makeHostileData = (folder) => {
  const classes = classNames.length, rows = 40 * classes;
  const pixels = Buffer.alloc(rows * 16), labels = Buffer.alloc(rows);
  let state = 1;
  for (let i = 0; i < rows; ++i) {
    labels[i] = i % classes;
    for (let k = 0; k < 16; ++k) {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0;
      pixels[16 * i + k] = (k === labels[i] ? 150 : 40) + (state >>> 16) % 90;
    }
  }
  const data = join(folder, fileName), names = join(folder, 'labels <b>.npy');
  mkdirSync(dirname(data), { recursive: true });
  writeFileSync(data, npy([rows, 4, 4], pixels));
  writeFileSync(names, npy([rows], labels));
  return [data, '--labels', names, '--class-names', classNames.join(',')];
};
