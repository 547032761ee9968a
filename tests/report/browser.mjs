// The report in a real browser. Usage: browser.mjs PROGRAM NODE_MODULES [SCREENSHOTS]
// A data set with hostile names is analysed; the page must draw every figure, run nothing of theirs and ask for nothing
// but itself. Pages that were broken on purpose must be seen to be broken. CHROMIUM names the browser where it is not
// Debian's.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { classNames, makeHostileData, readable } from './hostile.mjs';

const [program, modules, screenshots] = process.argv.slice(2).map((path) => resolve(path));
const { chromium } = createRequire(join(modules, 'x'))('playwright-core');
const failures = [];
const check = (ok, text) => ok || failures.push(text);

/// What is wrong with the elements of the page, seen from inside it.
const faultsInside = (figures) => {
  const faults = [];
  if (window.pwned !== undefined) faults.push('a name was run');
  for (const text of window.violations) faults.push(`policy violated: ${text}`);
  const places = [...document.querySelectorAll('[data-figure]')];
  const shown = places.map((place) => place.dataset.figure).sort().join(' ');
  if (shown !== figures.join(' ')) faults.push(`figures are '${shown}' instead of '${figures.join(' ')}'`);
  for (const place of places) {
    const marks = [...place.querySelectorAll('svg .role-mark > *')].filter((mark) => {
      const box = mark.getBBox();
      return box.width > 0 || box.height > 0;
    });
    if (marks.length === 0) faults.push(`nothing is drawn in ${place.dataset.figure}: ${place.textContent.slice(0, 200)}`);
  }
  for (const element of document.querySelectorAll('*')) {
    const name = element.tagName.toLowerCase();
    const bindings = element.matches('form.vega-bindings'); // empty, put there by vega-embed
    if (['iframe', 'object', 'embed', 'link', 'base', 'form'].includes(name) && !bindings) faults.push(`an element <${name}>`);
    for (const { name: key, value } of element.attributes) {
      if (key.startsWith('on')) faults.push(`<${name} ${key}>`);
      if (['src', 'href', 'xlink:href'].includes(key) && !/^(data:|blob:|#)/.test(value)) faults.push(`<${name} ${key}="${value}">`);
    }
  }
  if (document.scripts.length !== 5) faults.push(`${document.scripts.length} scripts`);
  return faults;
};

/// Opens `file` and returns the page and the list, growing, of everything it should not do.
const open = async (browser, file, options = {}, patience = 60000) => {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 }, ...options });
  const faults = [], url = pathToFileURL(file).href;
  page.on('console', (message) => ['error', 'warning'].includes(message.type()) && faults.push(`console: ${message.text()}`));
  page.on('pageerror', (error) => faults.push(`error: ${error.message}`));
  page.on('dialog', (dialog) => { faults.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
  page.on('popup', () => faults.push('a window opened'));
  page.on('request', (request) => request.url() === url || /^(data|blob):/.test(request.url()) || faults.push(`request: ${request.url()}`));
  await page.addInitScript(() => {
    window.violations = [];
    document.addEventListener('securitypolicyviolation', (event) => window.violations.push(`${event.violatedDirective} ${event.blockedURI}`));
  });
  await page.goto(url);
  await page.waitForFunction(() => [...document.querySelectorAll('[data-figure]')].every((place) => place.querySelector('svg, canvas') || place.classList.contains('problem')), null, { timeout: patience })
    .catch(() => faults.push('the figures are not drawn in time'));
  return { page, faults };
};

/// Everything wrong with the page in `file`.
const inspect = async (browser, file, figures, patience) => {
  const { page, faults } = await open(browser, file, {}, patience);
  faults.push(...(await page.evaluate(faultsInside, figures)));
  await page.close();
  return faults;
};

/// Hovers the diagonal of the first map: its tooltips are made from class names.
const checkTooltips = async (browser, file) => {
  const { page, faults } = await open(browser, file);
  const cells = page.locator('[data-figure="confusion"] svg .mark-rect.role-mark > *');
  const seen = new Set();
  for (let i = 0; i < classNames.length; ++i) {
    await cells.nth(i * (classNames.length + 1)).hover({ force: true });
    await page.waitForTimeout(30);
    seen.add(await page.locator('#vg-tooltip-element').innerText());
    check(await page.locator('#vg-tooltip-element').evaluate((tip) => tip.querySelectorAll('script, img, a').length === 0), 'a tooltip holds an element of a name');
  }
  check([...seen].some((text) => text.includes(classNames[0])), `no tooltip shows a name: ${[...seen].join(' / ').slice(0, 400)}`);
  check(faults.length === 0 && (await page.evaluate(() => window.pwned)) === undefined, `tooltips: ${faults.join('; ')}`);
  await page.close();
};

/// Names are there to be read, in the document's text and nowhere else; nothing sticks out at any width.
const checkReading = async (browser, file) => {
  for (const width of [1280, 390]) {
    const { page } = await open(browser, file, { viewport: { width, height: 900 } });
    const [across, text] = await page.evaluate(() => [document.documentElement.scrollWidth, document.body.textContent]);
    check(across <= width, `at ${width} pixels the page is ${across} wide`);
    for (const name of readable) check(text.includes(name), `'${name}' cannot be read`);
    check(!/[\u202a-\u202e\u2066-\u2069]/.test(text), 'a name can turn the text beside it');
    await page.close();
  }
};

/// Copies of the page that are broken each in one way, and what must be said of them.
const brokenPages = (html) => {
  const policy = /<meta http-equiv="Content-Security-Policy"[^>]*>/;
  const heading = /<h1>[^]*?<\/h1>/;
  const withHeading = (text, page = html) => page.replace(heading, () => `<h1>${text}</h1>`);
  return {
    'an unescaped name': [withHeading('<img src=x onerror="window.pwned=1">'), 'policy violated'],
    'an unescaped script': [withHeading('<script>window.pwned=1</script>'), 'policy violated'],
    'an unescaped script without a policy': [withHeading('<script>window.pwned=1</script>', html.replace(policy, '')), 'a name was run'],
    'a remote image': [withHeading('<img src="https://192.0.2.1/x.png">'), 'policy violated'],
    'a remote image without a policy': [withHeading('<img src="http://127.0.0.1:9/x.png">', html.replace(policy, '')), 'request: http://127.0.0.1:9'],
    'a dialog': [withHeading('<script>alert(1)</script>', html.replace(policy, '')), 'dialog'],
    'a figure without data': [html.replace('data-figure="phi"', 'data-figure="gone"'), 'nothing is drawn in gone'],
    'an empty figure': [html.replace(/"values":\[\{[^\]]*"share"[^\]]*\]/g, '"values":[]'), 'nothing is drawn in confusion'],
    'a changed script': [html.replace('drawAll();', 'drawAll() ;'), 'policy violated'],
  };
};

const takeScreenshots = async (browser, file) => {
  mkdirSync(screenshots, { recursive: true });
  const looks = { wide: {}, dark: { colorScheme: 'dark' }, narrow: { viewport: { width: 390, height: 844 } }, 'narrow-dark': { viewport: { width: 390, height: 844 }, colorScheme: 'dark' } };
  for (const [name, options] of Object.entries(looks)) {
    const { page } = await open(browser, file, options);
    await page.screenshot({ path: join(screenshots, `${name}.png`), fullPage: true });
    await page.close();
  }
};

const main = async (browser, folder) => {
  const run = join(folder, 'run');
  execFileSync(program, ['analyze', ...makeHostileData(folder), '--queries', '180', '--quiet', '--out', run], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
  check(!existsSync(join(folder, 'pwned')), 'a file name was run by a shell');
  const file = join(run, 'report.html');
  const figures = readdirSync(join(run, 'figures')).map((name) => name.replace('.vl.json', '')).sort();
  check(figures.length >= 10, `only ${figures.length} figures`);
  for (const fault of await inspect(browser, file, figures)) check(false, fault);
  const model = join(folder, 'model');
  execFileSync(program, ['analyze', '--model', 'gaussian-mixture', 'd=16', '--queries', '100', '--quiet', '--out', model], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
  const drawn = readdirSync(join(model, 'figures')).map((name) => name.replace('.vl.json', '')).sort();
  check(drawn.length === 4, `the model's figures are ${drawn}`);
  for (const fault of await inspect(browser, join(model, 'report.html'), drawn)) check(false, `model: ${fault}`);
  if (failures.length > 0) return figures.length; // what follows rests on a page that is well
  await checkTooltips(browser, file);
  await checkReading(browser, file);
  const html = readFileSync(file, 'utf8'), broken = join(run, 'broken.html');
  for (const [what, [text, expected]] of Object.entries(brokenPages(html))) {
    check(text !== html, `${what}: the page has no place to break`);
    writeFileSync(broken, text);
    const faults = await inspect(browser, broken, figures, 4000);
    check(faults.some((fault) => fault.includes(expected)), `${what} was not noticed: ${faults.join('; ')}`);
  }
  if (screenshots) await takeScreenshots(browser, file);
  return figures.length;
};

const folder = mkdtempSync(join(tmpdir(), 'denoiscope-browser-'));
const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
// Tests may run as root, for whom Chromium's own sandbox refuses to start; the pages are our own.
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
try {
  const figures = await main(browser, folder);
  console.log(failures.length === 0 ? `all well: ${figures} figures in ${browser.version()}` : failures.map((text) => `FAILED: ${text}`).join('\n'));
} finally {
  await browser.close();
  rmSync(folder, { recursive: true, force: true });
}
process.exit(failures.length === 0 ? 0 : 1);
