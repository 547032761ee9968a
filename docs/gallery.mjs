// The pictures of docs/gallery.md. Usage: gallery.mjs NODE_MODULES FIGURES PICTURES, where NODE_MODULES holds the vega and
// vega-lite that the build fetched, FIGURES the NAME.vl.json of `denoiscope reproduce all --out`, and PICTURES gets a NAME.svg of each.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';

const [modules, figures, pictures] = process.argv.slice(2).map((path) => resolve(path));
const load = createRequire(join(modules, 'x'));
const vega = await import(load.resolve('vega')), { compile } = await import(load.resolve('vega-lite'));

/// Coordinates to a tenth of a pixel: the eye sees no more, and files stay small.
const rounded = (svg) => svg.replace(/<[^>]*>/g, (tag) =>
  tag.replace(/-?\d+\.\d{3,}/g, (number) => String(Math.round(Number(number) * 10) / 10)));

for (const file of readdirSync(figures).sort()) {
  const specification = JSON.parse(readFileSync(join(figures, file), 'utf8'));
  specification.background = 'white'; // also on dark pages
  specification.padding = 8;
  specification.width = 640;
  for (const layer of specification.layer) layer.encoding.tooltip = null; // nobody hovers here, and labels take room
  const view = new vega.View(vega.parse(compile(specification).spec), { renderer: 'none' });
  const svg = (await view.toSVG()).replace(/ aria-[a-z]+="[^"]*"| role="[^"]*"/g, '');
  writeFileSync(join(pictures, file.replace('.vl.json', '.svg')), `${rounded(svg)}\n`);
}
