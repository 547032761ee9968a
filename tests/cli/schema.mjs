// What each verb prints with --json, held to its schema. Usage: schema.mjs PROGRAM NODE_MODULES SCHEMAS
// Every verb that takes --json must have a schema, and each schema must refuse a wrong type, a missing and an unknown field.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const [program, modules, schemas] = process.argv.slice(2).map((path) => resolve(path));
const Ajv = createRequire(join(modules, 'x'))('ajv/dist/2020').default;
const ajv = new Ajv({ strict: true, allowUnionTypes: true, strictRequired: false });
const failures = [];
const check = (ok, text) => ok || failures.push(text);

/// Rows of numbers as CSV, with labels in the last column: classes around points on a line, or none.
const csv = (rows, dimension, classes, spread) => {
  let state = 7;
  const next = () => (state = (Math.imul(state, 1103515245) + 12345) >>> 0) / 2 ** 32;
  const head = [...Array(dimension).keys()].map((k) => `x${k}`).concat(classes > 0 ? ['label'] : []);
  const lines = [head.join(',')];
  for (let i = 0; i < rows; ++i) {
    const label = classes > 0 ? i % classes : 0;
    const row = [...Array(dimension)].map((_, k) => (spread * (next() + next() - 1) + (k === 0 ? 3 * label : 0)).toFixed(6));
    lines.push(row.concat(classes > 0 ? [label] : []).join(','));
  }
  return lines.join('\n') + '\n';
};

/// Bytes as a NumPy file of version 1.0.
const npy = (shape, bytes) => {
  const head = `{'descr': '|u1', 'fortran_order': False, 'shape': (${shape},), }`;
  return Buffer.concat([Buffer.from('\x93NUMPY\x01\x00v\x00', 'latin1'), Buffer.from(head.padEnd(117) + '\n'), Buffer.from(bytes)]);
};

const run = (folder, ...words) => {
  const out = execFileSync(program, [...words, '--json'], { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], maxBuffer: 2 ** 28 });
  check(out.trim().split('\n').length === 1, `${words.join(' ')}: more than one line`);
  return JSON.parse(out);
};

/// Every output to be held to a schema: [verb, what is said where it fails, value]. Between them they reach the labelled
/// and the unlabelled, the rich and the degenerate.
const outputs = (folder) => {
  const job = (name, ...words) => ['analyze', `analyze ${name}`, run(folder, 'analyze', ...words, '--out', name)];
  writeFileSync(join(folder, 'classes.csv'), csv(160, 5, 4, 1));
  writeFileSync(join(folder, 'held-out.csv'), csv(60, 5, 4, 1.1));
  writeFileSync(join(folder, 'fresh.csv'), csv(70, 5, 4, 0.9));
  writeFileSync(join(folder, 'repeats.csv'), csv(1, 3, 0, 1) + csv(1, 3, 0, 1).split('\n').slice(-2).join('\n'));
  writeFileSync(join(folder, 'plain.csv'), csv(50, 3, 0, 1));
  writeFileSync(join(folder, 'one-row.csv'), csv(1, 3, 0, 1));
  writeFileSync(join(folder, 'constant.csv'), csv(20, 2, 2, 0).replace(/3\.0/g, '0.0'));
  writeFileSync(join(folder, 'pictures.npy'), npy([80, 4, 4], [...Array(80 * 16)].map((_, i) => (i % 7) * 9 + (i % 32 < 16 ? 0 : 150))));
  writeFileSync(join(folder, 'of-pictures.npy'), npy([80], [...Array(80)].map((_, i) => i % 2)));
  const all = [
    job('rich', 'classes.csv', '--queries', '80', '--test', 'held-out.csv'),
    job('few-queries', 'classes.csv', '--queries', '12', '--times', '0.1,1'),
    job('plain', 'plain.csv', '--queries', '20', '--times', '0.1,0.5,1'),
    job('one-row', 'one-row.csv', '--queries', '3', '--times', '0.1,0.5'),
    job('constant', 'constant.csv', '--queries', '8', '--times', '0.1,0.5'),
    job('images', 'three-level-mixture', '--queries', '64', '--rows', '200'),
    ['analyze-model', 'analyze --model', run(folder, 'analyze', '--model', 'gaussian-mixture', 'd=6', 'mu2=1', '--queries', '64', '--out', 'mixture')],
    ['analyze-model', 'analyze --model, one class', run(folder, 'analyze', '--model', 'gaussian', 'd=3', '--queries', '2', '--times', '1,2', '--out', 'gaussian')],
    ['info', 'info classes.csv', run(folder, 'info', 'classes.csv')],
    ['info', 'info one-row.csv', run(folder, 'info', 'one-row.csv')],
    ['info', 'info --machine', run(folder, 'info', '--machine')],
    ['denoise', 'denoise', run(folder, 'denoise', 'plain.csv', '--t', '0.3', '--x', 'one-row.csv')],
    ['denoise', 'denoise --out', run(folder, 'denoise', 'plain.csv', '--t', '0.3', '--x', 'plain.csv', '--out', 'posterior.npz')],
    ['denoise', 'denoise one row', run(folder, 'denoise', 'one-row.csv', '--t', '800', '--x', 'plain.csv')],
    ['denoise-model', 'denoise --model', run(folder, 'denoise', '--model', 'curie-weiss', 'N=3', 'beta=1.2', '--t', '0.3', '--x', 'plain.csv')],
    ['denoise-model', 'denoise --model, no entropy', run(folder, 'denoise', '--model', 'gaussian', 'd=3', '--t', '0.3', '--x', 'plain.csv')],
    ['denoise-model', 'denoise --model --out', run(folder, 'denoise', '--model', 'gaussian', 'd=3', '--t', '0.3', '--x', 'plain.csv', '--out', 'law.npz')],
    ['synth', 'synth', run(folder, 'synth', 'curie-weiss', 'N=3', 'beta=1.2', '--rows', '9', '--out', 'spins.npz')],
    ['synth', 'synth, one class', run(folder, 'synth', 'gaussian', 'd=3', '--rows', '9', '--out', 'gauss.npy', '--labels-out', 'zeros.npy')],
    ['sample', 'sample', run(folder, 'sample', 'classes.csv', '--seeds', '3,0-1', '--out', 'samples.npz')],
    ['sample', 'sample --stepper', run(folder, 'sample', 'plain.csv', '--stepper', 'heun', '--steps', '9', '--frames', '3', '--trajectories', 'paths.npz', '--out', 'samples.csv')],
    ['sample', 'sample --grid critical', run(folder, 'sample', 'classes.csv', '--stepper', 'ddim', '--steps', '9', '--grid', 'critical')],
    ['sample', 'sample one row', run(folder, 'sample', 'one-row.csv', '--stepper', 'ddim', '--steps', '9')],
    ['sample', 'sample --model --out DIR', run(folder, 'sample', '--model', 'gaussian-mixture', 'd=4', '--stepper', 'ddpm', '--steps', '9', '--out', 'sampled')],
    ['uturn', 'uturn', run(folder, 'uturn', 'classes.csv', '--times', '0.1,1', '--starts', '20')],
    ['uturn', 'uturn --model random-hierarchy', run(folder, 'uturn', '--model', 'random-hierarchy', 'v=4', 'm=2', 's=2', 'L=2', '--epsilon', '0,0.5', '--starts', '9', '--grammars', '2')],
    ['speciation', 'speciation', run(folder, 'speciation', 'classes.csv', '--queries', '40', '--times', '0.1,1')],
    ['speciation', 'speciation --find --out', run(folder, 'speciation', 'three-level-mixture', '--rows', '300', '--find', '--resamples', '2', '--queries', '40', '--times', '0.1,0.5,1,2', '--out', 'parted')],
    ['speciation', 'speciation of pictures', run(folder, 'speciation', 'pictures.npy', '--labels', 'of-pictures.npy', '--queries', '20', '--times', '0.5,1', '--out', 'pictured')],
    ['audit', 'audit', run(folder, 'audit', 'held-out.csv', '--train', 'classes.csv')],
    ['audit', 'audit --test --out', run(folder, 'audit', 'held-out.csv', '--train', 'classes.csv', '--test', 'fresh.csv', '--duplicates', 'near', '--out', 'audited')],
    ['audit', 'audit of data that repeat', run(folder, 'audit', 'one-row.csv', '--train', 'repeats.csv', '--duplicates', 'each')],
    ['collapse', 'collapse', run(folder, 'collapse', 'classes.csv', '--queries', '40')],
    ['collapse', 'collapse --test', run(folder, 'collapse', 'classes.csv', '--queries', '20', '--times', '0.1,1', '--trajectories', '0', '--data-times', '0', '--test', 'held-out.csv')],
    ['collapse', 'collapse of pictures that repeat', run(folder, 'collapse', 'pictures.npy', '--labels', 'of-pictures.npy', '--queries', '20', '--out', 'collapsed')],
    ['collapse', 'collapse of pictures', run(folder, 'collapse', 'three-level-mixture', '--rows', '60', '--queries', '20', '--out', 'drawn')],
    ['collapse', 'collapse of one row', run(folder, 'collapse', 'one-row.csv', '--times', '0.1,1', '--trajectories', '0', '--data-times', '0')],
    ['collapse', 'collapse of equal rows', run(folder, 'collapse', 'constant.csv', '--times', '0.1,1')],
    ['reproduce', 'reproduce random-energy', run(folder, 'reproduce', 'random-energy')],
    ['reproduce-list', 'reproduce list', run(folder, 'reproduce', 'list')],
    ['clone', 'clone --method sde', run(folder, 'clone', '--model', 'gaussian-mixture', 'd=4', '--times', '1,2', '--pairs', '20', '--steps', '50', '--method', 'sde', '--reduce')],
    ['clone', 'clone of data by the SDE', run(folder, 'clone', 'classes.csv', '--times', '1', '--pairs', '3', '--steps', '8', '--method', 'sde', '--out', 'clones')],
    ['clone', 'clone of data', run(folder, 'clone', 'classes.csv', '--times', '1', '--pairs', '1')],
    ['guide', 'guide', run(folder, 'guide', 'classes.csv', '--queries', '80', '--scales', '2', '--samples', '20', '--steps', '12', '--out', 'guided')],
    ['guide', 'guide, no window', run(folder, 'guide', 'constant.csv', '--queries', '8', '--times', '0.1,0.5', '--scales', '1', '--samples', '8', '--steps', '9')],
    ['guide', 'guide --model', run(folder, 'guide', '--model', 'gaussian-mixture', 'd=1', 'mu2=9', '--times', '0.1,0.5,1,2,3', '--scales', '2', '--samples', '20', '--steps', '12')],
    ['convert', 'convert classes.csv', run(folder, 'convert', 'classes.csv', 'classes.npz')],
    ['convert', 'convert plain.csv', run(folder, 'convert', 'plain.csv', 'plain.npy')],
    ['langevin', 'langevin', run(folder, 'langevin', 'double-well', '--walkers', '20')],
    ['langevin', 'langevin, few steps', run(folder, 'langevin', 'harmonic', 'k=2', '--walkers', '20', '--steps', '3', '--stepper', 'baoab')],
    ['langevin-work', 'langevin --to', run(folder, 'langevin', 'harmonic', '--to', 'k=4', '--walkers', '20', '--steps', '9')],
    ['fokker-planck', 'fokker-planck', run(folder, 'fokker-planck', 'double-well', '--cells', '50', '--passage=-1,1', '--start', '-1,0.1', '--times', '0.5,1')],
    ['fokker-planck', 'fokker-planck, one well', run(folder, 'fokker-planck', 'harmonic', '--cells', '50', '--start', '1,0.1', '--times', '0')],
    ['list', 'list', run(folder, 'list')],
    ['list', 'list theories', run(folder, 'list', 'theories')],
    ['report', 'report', run(folder, 'report', 'rich')],
    ['selftest', 'selftest', run(folder, 'selftest')],
  ];
  all.push(['analyze', 'result.json', JSON.parse(readFileSync(join(folder, 'rich', 'result.json'), 'utf8'))]);
  for (const words of ['clock ddpm_step=500', 'speciation-time lambda=16.7', 'speciation-time lambda=0.5', 'same-class kappa=1',
    'collapse-time n=100 eigenvalues=1,2,3', 'collapse-band n=20000 d=256 variance=1', 'rem alpha=0.5 variance=1 t=0.2', 'covariance-classes d=10 v1=1 v2=2', 'covariance-classes d=1000 v1=1 v2=2 t=1.25', 'cfg d=4 omega=2 sampler=ode', 'critical-window norm2=1 eps=0.1'])
    all.push(['theory', `theory ${words}`, run(folder, 'theory', ...words.split(' '))]);
  return all;
};

/// All objects and lists inside `value`, itself included.
const parts = (value) => (typeof value !== 'object' || value === null ? [] : [value, ...Object.values(value).flatMap(parts)]);

/// A schema that takes everything would pass: each field of each object is removed, renamed and given a wrong type.
const mutants = (validate, verb, value) => {
  if (verb === 'theory' || verb === 'list') return; // open by design: fields of the theory, parts of the list
  const seen = new Set();
  for (const part of parts(value)) {
    if (Array.isArray(part)) continue;
    for (const key of Object.keys(part)) {
      const shape = `${Object.keys(part).sort().join()}.${key}`;
      if (part === value.model?.parameters) continue; // open by design
      if (seen.has(shape) || ['seconds', 'peak_rss_mib', 'run'].includes(key)) continue;
      seen.add(shape);
      const kept = part[key];
      part[key] = { wrong: true };
      check(!validate(value), `${verb}: an object passes for ${key}`);
      delete part[key];
      check(!validate(value), `${verb}: nobody misses ${key}`);
      part[`${key}_`] = part[key] = kept;
      check(!validate(value), `${verb}: ${key}_ passes`);
      delete part[`${key}_`];
    }
  }
  check(validate(value), `${verb}: the mutants were not undone`);
};

const folder = mkdtempSync(join(tmpdir(), 'denoiscope-schema-'));
try {
  const names = readdirSync(schemas);
  for (const name of names) ajv.addSchema(JSON.parse(readFileSync(join(schemas, name), 'utf8')), name); // they refer to each other
  const validators = Object.fromEntries(names.map((name) => [name.replace('.schema.json', ''), ajv.getSchema(name)]));
  const help = (...words) => execFileSync(program, [...words, '--help'], { encoding: 'utf8' });
  const verbs = [...help().split('Subcommands:')[1].matchAll(/^ {2}([a-z-]+) /gm)].map((found) => found[1]);
  const speaking = verbs.filter((verb) => help(verb).includes('--json'));
  check(speaking.length >= 6, `only ${speaking} take --json`);
  for (const verb of speaking) check(verb in validators, `${verb} has --json and no docs/schema/${verb}.schema.json`);
  // A verb may speak of two things: "analyze-model" is what analyze says of a model.
  for (const verb of Object.keys(validators)) check(speaking.some((name) => verb === name || verb.startsWith(`${name}-`)), `docs/schema tells of ${verb}, which has no --json`);
  const all = outputs(folder);
  const shape = ([verb, , value]) => `${verb}: ${Object.keys(value).sort()}`; // a verb may speak of several things
  for (const verb of Object.keys(validators)) check(all.some((output) => output[0] === verb), `no output of ${verb} is checked`);
  for (const [verb, name, value] of all) {
    const ok = validators[verb](value);
    check(ok, `${name}: ${ajv.errorsText(validators[verb].errors?.slice(0, 3))}`);
  }
  for (const [verb, , value] of all.filter((output, i) => all.findIndex((other) => shape(other) === shape(output)) === i)) mutants(validators[verb], verb, value);
  console.log(failures.length === 0 ? `all well: ${all.length} outputs of ${speaking.length} verbs` : failures.map((text) => `FAILED: ${text}`).join('\n'));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exit(failures.length === 0 ? 0 : 1);
