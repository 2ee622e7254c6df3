// Takes report.html of three samples and of thousands of findings, walks through each as a reader would, fails where a page does less than it says
// or writes to the console. The page keeps its Content-Security-Policy, and there is no network.
//
//   node tests/walk.mjs --bin target/release/speerlint --modules DIR_WITH_PLAYWRIGHT_CORE [--chromium /usr/bin/chromium] [--pictures DIR]

import { spawnSync } from 'node:child_process';
import { mkdtempSync, mkdirSync, rmSync, statSync, writeFileSync, existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import assert from 'node:assert/strict';

const { values: options } = parseArgs({
  options: {
    bin: { type: 'string' }, modules: { type: 'string' }, chromium: { type: 'string', default: '/usr/bin/chromium' }, pictures: { type: 'string' },
  },
});
const { chromium } = createRequire(join(resolve(options.modules), 'package.json'))('playwright-core');
const SAMPLES = ['first-look', 'failures', 'broken-contract'];
// The aims for the report of a large audit.
const MOST_OCTETS = 5_000_000;
const MOST_MS = 2_000;

const work = mkdtempSync(join(tmpdir(), 'speerlint-walk-'));
process.on('exit', () => rmSync(work, { recursive: true, force: true }));
if (options.pictures) mkdirSync(options.pictures, { recursive: true });

// Audits, gives the path of the page.
function audit(name, capture, policy) {
  const out = join(work, name);
  const ran = spawnSync(options.bin, ['audit', '--quiet', '--tables', 'none', '--out', out, capture, ...(policy ? ['--policy', policy] : [])]);
  assert.ok(ran.status === 0 || ran.status === 1, `${name}: ${ran.stderr}`);
  return join(out, 'report.html');
}

// A capture of one datagram after another between two peers, in the format of pcap with nanoseconds.
function pcap(payloads) {
  const head = Buffer.alloc(24);
  [0xa1b23c4d, 0x00040002, 0, 0, 65535, 1].forEach((word, at) => head.writeUInt32LE(word, at * 4));
  const parts = [head];
  payloads.forEach((payload, n) => {
    const frame = Buffer.alloc(42 + payload.length);
    frame.writeUInt16BE(0x0800, 12);
    frame.writeUInt8(0x45, 14);
    frame.writeUInt16BE(28 + payload.length, 16);
    frame.writeUInt8(64, 22);
    frame.writeUInt8(17, 23);
    [192, 0, 2, 17, 198, 51, 100, 34].forEach((octet, at) => frame.writeUInt8(octet, 26 + at));
    [5060, 5060, 8 + payload.length].forEach((word, at) => frame.writeUInt16BE(word, 34 + 2 * at));
    payload.copy(frame, 42);
    const record = Buffer.alloc(16);
    [1_794_651_245 + Math.floor(n / 100), (n % 100) * 10_000_000, frame.length, frame.length].forEach((word, at) => record.writeUInt32LE(word, 4 * at));
    parts.push(record, frame);
  });
  return Buffer.concat(parts);
}

// Ten thousand methods that nobody agreed: as many findings.
function thousands() {
  const requests = Array.from({ length: 10_000 }, (_, n) => Buffer.from([
    `METHOD${n} sip:+4420555000@bravo.example SIP/2.0`, `Via: SIP/2.0/UDP 192.0.2.17;branch=z9hG4bK${n}`, 'Max-Forwards: 70',
    'From: <sip:a@alpha.example>;tag=1', 'To: <sip:b@bravo.example>', `Call-ID: ${n}@alpha.example`, `CSeq: 1 METHOD${n}`,
    'Content-Length: 0', '', ''].join('\r\n')));
  const [capture, policy] = [join(work, 'thousands.pcap'), join(work, 'thousands.toml')];
  writeFileSync(capture, pcap(requests));
  const peer = (id, network) => `[[peer]]\nid = "${id}"\nssp_domains = ["${id}.example"]\n`
    + `[[peer.sbe]]\nname = "${id}-sbe"\naddresses = ["${network}"]\nroles = ["ingress", "egress"]\n`;
  writeFileSync(policy, 'schema = 1\n[policy]\nid = "walk"\npairs = [["alpha", "bravo"]]\n'
    + peer('alpha', '192.0.2.16/29') + peer('bravo', '198.51.100.32/29') + '[sip.methods]\ndefault = "forbidden"\n');
  return audit('thousands', capture, policy);
}

// Opens a page; what it writes to the console, throws or asks the network for is a failure.
async function open(browser, page, how = {}) {
  const context = await browser.newContext({ offline: true, viewport: { width: 1280, height: 1000 }, ...how });
  const tab = await context.newPage();
  const wrong = [];
  tab.on('console', (message) => wrong.push(`${message.type()}: ${message.text()}`));
  tab.on('pageerror', (error) => wrong.push(`${error}`));
  tab.on('request', (request) => { if (!request.url().startsWith('file:')) wrong.push(`request: ${request.url()}`); });
  await tab.goto(`file://${page}`, { waitUntil: 'load' });
  return { tab, close: async () => { await context.close(); assert.deepEqual(wrong, [], page); } };
}

const shown = (tab) => tab.locator('.finding:not([hidden])');
const picture = (tab, name) => options.pictures ? tab.screenshot({ path: join(options.pictures, `${name}.png`) }) : undefined;

// Filters, follows a link of the matrix, opens a finding and its ladder, and comes back.
async function visit(browser, name, page) {
  const { tab, close } = await open(browser, page);
  await picture(tab, `${name}-light`);
  const all = await shown(tab).count();
  assert.ok(all > 0, `${name} shows no finding`);
  assert.ok(await tab.locator('#filter').isVisible());

  for (const box of await tab.locator('[name=severity]').all()) await box.setChecked(await box.getAttribute('value') === 'high');
  const high = await tab.locator('.finding[data-severity=high]').count();
  assert.equal(await shown(tab).count(), high);
  assert.ok((await tab.locator('#shown').textContent()).startsWith(`${high} of ${all} findings`));
  assert.ok(await tab.evaluate(() => location.hash === '' || location.hash.includes('severity=high')));
  await tab.locator('[name=text]').fill('no such thing');
  assert.equal(await shown(tab).count(), 0);
  assert.ok(await tab.locator('#nothing').isVisible());
  await tab.locator('#filter [type=reset]').click();
  await tab.waitForFunction((all) => document.querySelectorAll('.finding:not([hidden])').length === all, all);

  // By keyboard, as those do who have no pointer.
  await tab.locator('#fold').click();
  const finding = shown(tab).first();
  await finding.locator('> summary').focus();
  await tab.keyboard.press('Enter');
  assert.ok(await finding.evaluate((element) => element.open));
  for (const word of ['Wireshark', 'frame']) assert.ok((await finding.textContent()).includes(word), `${name}: ${word}`);
  assert.ok(await finding.locator('.copier').count() > 0);
  // The command that draws the ladder stands at each exhibit of a call.
  const ladder = finding.locator('code.copy', { hasText: 'speerlint flow' });
  if (await ladder.count()) {
    await ladder.first().locator('+ .copier').click();
    // The clipboard answers when it can.
    await ladder.first().locator('+ .copier', { hasText: 'copied' }).waitFor();
  }
  await finding.scrollIntoViewIfNeeded();
  await picture(tab, `${name}-finding`);

  // A link to a finding that the filter hides shows, opens and focuses it; one with a filter behind it sets that.
  await tab.locator('[name=text]').fill('no such thing');
  const id = await tab.locator('.finding').last().getAttribute('id');
  await tab.evaluate((id) => { location.hash = id; }, id);
  await tab.waitForFunction((id) => {
    const element = document.getElementById(id);
    return !element.hidden && element.open && document.activeElement === element.querySelector('summary');
  }, id);
  const about = await tab.locator('.finding').last().getAttribute('data-rule');
  await tab.evaluate((about) => { location.hash = `findings?rule=${about}`; }, about);
  await tab.waitForFunction((about) => [...document.querySelectorAll('.finding')].every((f) => f.hidden === (f.dataset.rule !== about)), about);

  const link = tab.locator('#matrix a[data-state]').first();
  const rule = (await link.getAttribute('data-state')).match(/rule=([^&]*)/)[1];
  await link.click();
  await tab.waitForFunction((rule) => [...document.querySelectorAll('.finding:not([hidden])')].every((f) => f.dataset.rule === rule), rule);
  assert.ok(await shown(tab).count() > 0);
  await tab.locator('#unfold').click();
  await shown(tab).first().locator('a[href^="#rule-"]').first().click();
  await tab.waitForFunction((rule) => document.getElementById(`rule-${rule}`).open, rule);
  await close();
}

// Dark where the reader's desk is dark: the text stays readable (WCAG 2.2, 1.4.3) and the paper is dark.
async function dark(browser, name, page) {
  const { tab, close } = await open(browser, page, { colorScheme: 'dark' });
  const poor = await tab.evaluate(() => {
    const light = (color) => {
      const parts = color.match(/[\d.]+/g).slice(0, 3).map((part) => Number(part) / 255)
        .map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
      return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
    };
    const ground = (element) => {
      for (let at = element; at; at = at.parentElement) {
        const color = getComputedStyle(at).backgroundColor;
        if (!/rgba\(.*, 0\)|transparent/.test(color)) return light(color);
      }
      return 1;
    };
    const found = [];
    if (ground(document.body) > 0.05) found.push('the paper is not dark');
    for (const element of document.querySelectorAll('body *:not(svg *)')) {
      const text = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
      if (!text || !element.checkVisibility()) continue;
      const [a, b] = [light(getComputedStyle(element).color), ground(element)];
      const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
      if (contrast < 4.5) found.push(`${element.tagName} ${element.className}: ${contrast.toFixed(2)}`);
    }
    return [...new Set(found)];
  });
  assert.deepEqual(poor, [], name);
  await picture(tab, `${name}-dark`);
  await close();
}

// On a telephone nothing is wider than the glass.
async function narrow(browser, name, page) {
  const { tab, close } = await open(browser, page, { viewport: { width: 390, height: 844 } });
  assert.ok(await tab.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${name} is wider than a telephone`);
  await picture(tab, `${name}-narrow`);
  await close();
}

// On paper all findings that are shown are open, and nothing that wants a click is there.
async function print(browser, name, page) {
  const { tab, close } = await open(browser, page, { colorScheme: 'dark' });
  const path = join(options.pictures ?? work, `${name}.pdf`);
  await tab.pdf({ path, format: 'A4', printBackground: true });
  assert.ok(statSync(path).size > 20_000, name);
  const colours = () => tab.evaluate(() => {
    const { color, backgroundColor } = getComputedStyle(document.documentElement);
    return `${color} on ${backgroundColor}`;
  });
  const dark = await colours();
  await tab.emulateMedia({ media: 'screen', colorScheme: 'light' });
  const light = await colours();
  assert.notEqual(light, dark, `${name} has no dark colours`);
  await tab.emulateMedia({ media: 'print', colorScheme: 'dark' });
  assert.equal(await colours(), light, `${name} prints in the colours of the dark`);
  assert.equal(await tab.locator('#filter').isVisible(), false);
  await close();
}

// How long until a page answers: from its first octet to the first filter that has done its work.
async function answers(browser, page) {
  const begun = performance.now();
  const { tab, close } = await open(browser, page);
  await tab.evaluate(() => {
    const text = document.querySelector('[name=text]');
    text.value = 'method10';
    text.dispatchEvent(new Event('input', { bubbles: true }));
  });
  const ms = performance.now() - begun;
  const [all, left] = [await tab.locator('.finding').count(), await shown(tab).count()];
  assert.ok(all > 100 && left > 0 && left < all, `${left} of ${all}`);
  assert.match(await tab.locator('#findings').textContent(), /findings are on this page/);
  await close();
  return ms;
}

const browser = await chromium.launch({ executablePath: options.chromium, args: ['--no-sandbox'] });
try {
  for (const name of SAMPLES) {
    const folder = join('samples', name);
    const capture = ['capture.pcap', 'capture.pcapng'].map((file) => join(folder, file)).find(existsSync);
    const page = audit(name, capture, join(folder, 'policy.toml'));
    for (const walk of [visit, dark, narrow, print]) await walk(browser, name, page);
    console.log(`${name}: ${statSync(page).size} octets, walked through`);
  }
  const page = thousands();
  const octets = statSync(page).size;
  assert.ok(octets < MOST_OCTETS, `${octets} octets`);
  // The best of three: what a busy machine adds is not the page's.
  const ms = Math.min(await answers(browser, page), await answers(browser, page), await answers(browser, page));
  assert.ok(ms < MOST_MS, `${ms} ms until a page of thousands of findings answers`);
  console.log(`ten thousand findings: ${octets} octets, answers after ${Math.round(ms)} ms`);
} finally {
  await browser.close();
}
