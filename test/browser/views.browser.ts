import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { accessibilityFaults } from './accessibility.js';
import { launchChromium, openWatched, type WatchedPage } from './chromium.js';
import type { MockServer } from './mock-server.js';
import { openView, shoot, signIn } from './steps.js';
import { openMock } from './target.js';
import { makeWav } from './wave-file.js';

let browser: Browser;
let server: MockServer;
let watched: WatchedPage;
beforeAll(async () => {
  [browser, server] = await Promise.all([launchChromium(), openMock()]);
});
afterAll(async () => {
  await browser.close();
  await server.close();
});
beforeEach(async () => {
  watched = await openWatched(browser, server.baseUrl, { reducedMotion: 'reduce', viewport: { width: 1360, height: 900 } });
  await signIn(watched.page, server.apiKey);
});
afterEach(async () => {
  expect(watched.complaints).toEqual([]);
  await watched.page.context().close();
});

const open = (id: string) => watched.page.goto(`${server.baseUrl}/#/recordings/${id}`);

describe('speakers', () => {
  it('have a lane each that shows talk in the scale of the waveform, and figures beneath', async () => {
    const { page } = watched;
    await open(server.platform.seed('call.wav', makeWav(60), new Date(), true));
    await page.getByRole('heading', { name: /^Who speaks/ }).waitFor();
    expect(await page.locator('canvas[data-lane=speaker]').count()).toBe(2);
    const edges = await page.evaluate<string[]>("[...document.querySelectorAll('canvas[data-lane=waveform], canvas[data-lane=speaker], [data-lane=timeline] .u-over')].map((lane) => lane.getBoundingClientRect()).map(({ left, width }) => Math.round(left) + ' ' + Math.round(width))");
    expect(new Set(edges).size, edges.join(', ')).toBe(1);
    const drawn = await page.evaluate<number[]>("[...document.querySelectorAll('canvas[data-lane=speaker]')].map((lane) => new Set(new Uint32Array(lane.getContext('2d').getImageData(0, 0, lane.width, lane.height).data.buffer)).size)");
    for (const colors of drawn) expect(colors).toBeGreaterThan(4);
    const rows = page.locator('.speakers-card tbody tr');
    expect(await rows.nth(0).textContent()).toContain('agent');
    expect(await rows.nth(1).textContent()).toContain('channel 2');
    expect(await page.locator('.legend').textContent()).toContain('several talk at once');
    expect(await accessibilityFaults(page)).toEqual([]);
    await shoot(page, 'speakers');
  });

  it('are given a role by keyboard, with a reason that is kept', async () => {
    const { page } = watched;
    await open(server.platform.seed('roles.wav', makeWav(61), new Date(), true));
    const button = page.getByRole('button', { name: 'Change the role of channel 2' });
    await button.focus();
    await button.press('Enter');
    await page.getByLabel('Role', { exact: true }).fill('customer');
    await page.getByLabel('Why', { exact: true }).fill('She says her name');
    await page.getByLabel('Why', { exact: true }).press('Enter');
    await page.getByText('Changed once').click();
    await page.getByText('no role → customer: She says her name').waitFor();
    await expect.poll(() => page.locator('.lane--speaker').nth(1).textContent()).toBe('customer');
    await expect.poll(() => page.locator('.segments-card tbody').textContent()).toContain('customer');
    expect(await accessibilityFaults(page)).toEqual([]);
  });

  it('can be looked at one by one: the segments of one voice alone', async () => {
    const { page } = watched;
    await open(server.platform.seed('filter.wav', makeWav(62), new Date(), true));
    const rows = page.locator('.segments-card tbody tr');
    await rows.first().waitFor();
    const all = await rows.count();
    await page.locator('.segments-card select').selectOption({ label: 'agent' });
    await expect.poll(() => rows.count()).toBeLessThan(all);
    for (const text of await rows.allTextContents()) expect(text).toContain('agent');
  });
});

describe('an analysis that runs', () => {
  it('shows what is finished so far, grows with it and ends as the whole', async () => {
    const { page } = watched;
    const { recordingId, advance } = server.platform.seedRunning('long.wav', makeWav(66), 0.3);
    await open(recordingId);
    const heading = page.getByRole('heading', { name: /^Segments/ });
    await expect.poll(() => heading.textContent()).toBe('Segments so far 3');
    await page.locator('[data-lane=timeline] canvas').waitFor();
    expect(await page.getByRole('button', { name: /^Find segments similar/ }).count()).toBe(0);
    expect(await accessibilityFaults(page)).toEqual([]);
    await shoot(page, 'partial');
    advance(0.6);
    await expect.poll(() => heading.textContent()).toBe('Segments so far 7');
    advance(1);
    await expect.poll(() => heading.textContent()).toBe('Segments 12');
    await page.getByRole('heading', { name: 'Expressed in the voice' }).waitFor();
  });
});

describe('webhooks', () => {
  it('are made, show their secret once, are tried, and their log says how each try ended', async () => {
    const { page } = watched;
    await openView(page, 'Webhooks');
    await page.getByRole('link', { name: 'New webhook' }).click();
    await page.getByLabel('Address').fill('http://plain.example/hook');
    await page.getByRole('button', { name: 'Make this webhook' }).click();
    await expect.poll(() => page.getByRole('alert').textContent()).toContain('https');
    await page.getByLabel('Address').fill('https://example.org/hook');
    await page.getByLabel('Name', { exact: true }).fill('Ticket desk');
    await page.getByLabel('alerts', { exact: true }).check();
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.getByRole('button', { name: 'Make this webhook' }).click();
    expect(await page.getByLabel('Secret of the webhook').inputValue()).toBe('whsec_only_once');
    await page.getByRole('button', { name: 'I have it' }).click();
    await page.getByRole('button', { name: 'Send a test' }).click();
    await page.getByRole('row', { name: /webhook\.test.*given up.*refused status \(500\)/ }).waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.getByRole('button', { name: /^Send webhook\.test .* again$/ }).click();
    await page.getByRole('row', { name: /webhook\.test.*delivered/ }).waitFor();
    await shoot(page, 'webhooks');
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.getByRole('button', { name: 'Resume' }).waitFor();
    await page.getByRole('button', { name: 'Delete…' }).click();
    await page.getByRole('button', { name: 'Delete it with its log' }).click();
    await page.getByText('There is none yet.').waitFor();
  });

  it('that rules call are deleted only by a second press, after the rules were named', async () => {
    const { page } = watched;
    await openView(page, 'Webhooks');
    await page.getByRole('link', { name: 'New webhook' }).click();
    await page.getByLabel('Address').fill('https://example.org/called');
    await page.getByLabel('Name', { exact: true }).fill('Called');
    await page.getByRole('button', { name: 'Make this webhook' }).click();
    await page.getByRole('button', { name: 'I have it' }).click();
    await page.getByRole('button', { name: 'Delete…' }).click();
    await page.getByRole('button', { name: 'Delete it with its log' }).click();
    await expect.poll(() => page.getByRole('alert').textContent()).toContain('“Anger”');
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.getByRole('button', { name: 'Delete it all the same' }).click();
    await page.getByText('There is none yet.').waitFor();
  });
});

describe('a transcript', () => {
  it('is imported, stands beside the segments, and what goes against the voice is listed with its words', async () => {
    const { page } = watched;
    await open(server.platform.seed('words.wav', makeWav(64), new Date()));
    await page.getByText('Import a transcript').click();
    await page.getByLabel(/^Transcript/).fill('no times here');
    await page.getByRole('button', { name: 'Import', exact: true }).click();
    await expect.poll(() => page.getByRole('alert').textContent()).toContain('no times');
    await page.getByLabel(/^Transcript/).fill('1\n00:00:00,000 --> 00:00:04,400\nMy dog died last night.\n');
    await page.getByRole('button', { name: 'Import', exact: true }).click();
    await page.getByText('Sad words in a happy voice').first().waitFor();
    await expect.poll(() => page.locator('.segment-text').first().textContent()).toBe('My dog died last night. (12 % agreement)');
    expect(await accessibilityFaults(page)).toEqual([]);
    await shoot(page, 'transcript');
  });
});

describe('alerts as they are raised', () => {
  it('announce themselves and come when they are asked for', async () => {
    const { page } = watched;
    server.platform.seed('angry.wav', makeWav(63), new Date());
    await openView(page, 'Alerts');
    await page.getByText('Nothing is open.').waitFor();
    const { id } = server.platform.rules.root().createRule({ input: { definition: { name: 'Now', when: { label: { in: ['neutral', 'happy', 'sad', 'angry'] } } } } }) as { id: string };
    await expect.poll(() => server.platform.rules.listenerCount()).toBeGreaterThan(0);
    server.platform.rules.root().applyRule({ id });
    await page.getByRole('button', { name: /^Show \d+ new$/ }).click();
    await page.getByRole('article', { name: /^Now/ }).first().waitFor();
  });

  it('are looked for after the connection was lost, and heard again', async () => {
    const { page } = watched;
    const { rules } = server.platform;
    await openView(page, 'Alerts');
    await page.getByRole('article', { name: /^Now/ }).first().waitFor();
    const raise = (name: string): void => {
      const { id } = rules.root().createRule({ input: { definition: { name, when: { label: { in: ['neutral', 'happy', 'sad', 'angry'] } } } } }) as { id: string };
      rules.root().applyRule({ id });
    };
    const numberOnButton = async (): Promise<number> => Number(/\d+/.exec((await page.getByRole('button', { name: /^Show \d+ new$/ }).textContent())!)![0]);
    const before = rules.listenerCount();
    await openView(page, 'Rules');
    await openView(page, 'Alerts');
    await expect.poll(() => rules.listenerCount()).toBeGreaterThan(before);
    // In one turn: the page cannot have connected again.
    server.loseSockets();
    raise('Unheard');
    await page.getByRole('button', { name: /^Show \d+ new$/ }).waitFor({ timeout: 40_000 });
    const missed = await numberOnButton();
    await expect.poll(() => {
      raise('Heard');
      return numberOnButton();
    }, { timeout: 40_000, interval: 500 }).toBeGreaterThan(missed);
    await page.getByRole('button', { name: /^Show \d+ new$/ }).click();
    for (const name of [/^Heard/, /^Unheard/]) await page.getByRole('article', { name }).first().waitFor();
  });
});

describe('an evaluation of many recordings', () => {
  it('shows figures, confusion, reliability, conditions, mistakes and the comparison with another run', async () => {
    const { page } = watched;
    server.platform.evaluation.seed();
    await openView(page, 'Evaluation');
    await expect.poll(() => page.getByRole('row', { name: /emotion2vec-plus-base/ }).textContent()).toMatch(/0\.\d{3} 0\.\d{3} to 0\.\d{3}/);
    expect(await accessibilityFaults(page)).toEqual([]);
    await shoot(page, 'evaluation');
    await page.getByRole('row', { name: /emotion2vec-plus-base/ }).getByRole('link').click();
    await page.getByRole('heading', { name: 'By condition' }).waitFor();
    expect(await page.locator('.heat tbody tr').count()).toBe(7);
    expect(await page.locator('.mistakes li').count()).toBe(20);
    await page.getByLabel('Compare with').selectOption({ index: 1 });
    await page.getByText(/McNemar/).waitFor();
    await page.getByText('As tables').click();
    expect(await page.getByRole('region', { name: 'Reliability' }).getByRole('row').count()).toBeGreaterThan(4);
    expect(await accessibilityFaults(page)).toEqual([]);
    await shoot(page, 'run');
  });

  it('reads in the dark on a narrow screen', async () => {
    const { page } = watched;
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.setViewportSize({ width: 360, height: 740 });
    await openView(page, 'Evaluation');
    await page.getByRole('row', { name: /starter/ }).first().getByRole('link').click();
    await page.getByRole('heading', { name: 'By condition' }).waitFor();
    expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360);
    expect(await accessibilityFaults(page)).toEqual([]);
    await shoot(page, 'run-dark-narrow');
  });
});
