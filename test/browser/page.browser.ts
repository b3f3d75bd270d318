import { basename } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accessibilityFaults } from './accessibility.js';
import { launchChromium, openWatched } from './chromium.js';
import { LONG_MS, signIn, uploadAndOpen } from './steps.js';
import { openTarget, type Target } from './target.js';

/** What Chromium itself writes to the console when the server says 401, as it must in that test. */
const REFUSED = /status of 401/;

let browser: Browser;
let target: Target;

beforeAll(async () => {
  [browser, target] = await Promise.all([launchChromium(), openTarget()]);
});
afterAll(async () => {
  await browser.close();
  await target.close();
});

/** Different colours on a canvas: one or none would mean that nothing was drawn. */
async function colorCount(page: Page, selector: string): Promise<number> {
  return page.evaluate<number>(`(() => {
    const canvas = document.querySelector(${JSON.stringify(selector)});
    const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
    const colors = new Set();
    for (let at = 0; at < data.length; at += 4) if (data[at + 3] > 200) colors.add(data[at] << 16 | data[at + 1] << 8 | data[at + 2]);
    return colors.size;
  })()`);
}

async function positionSeconds(page: Page): Promise<number> {
  return Number(await page.getByRole('slider', { name: 'Position in the recording' }).getAttribute('aria-valuenow'));
}

/** `Play 0:05.5–0:09.9` → 5.5 */
function startOf(name: string): number {
  const [, minutes, seconds] = /(\d+):([\d.]+)–/.exec(name) ?? [];
  return Number(minutes) * 60 + Number(seconds);
}

describe('signing in', () => {
  it('refuses a wrong key in words, keeps nothing of it and lets the right one in', async () => {
    const { page, complaints } = await openWatched(browser, target.baseUrl, {}, REFUSED);
    await page.getByLabel('API key').fill('not-a-key');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await expect.poll(() => page.getByRole('alert').textContent()).toContain('not accepted');
    expect(await page.evaluate<number>('sessionStorage.length + localStorage.length')).toBe(0);
    expect(await accessibilityFaults(page)).toEqual([]);

    await signIn(page, target.apiKey);
    expect(page.url()).not.toContain(target.apiKey);
    await page.reload();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('API key').waitFor();
    expect(await page.evaluate<number>('sessionStorage.length + localStorage.length')).toBe(0);
    expect(complaints).toEqual([]);
    await page.context().close();
  });
});

describe('a recording', () => {
  it('is uploaded, analysed, drawn, played by its segments and compared, with no complaint of the browser', async () => {
    const { page, complaints } = await openWatched(browser, target.baseUrl, { reducedMotion: 'reduce' });
    await uploadAndOpen(page, target);
    expect(page.url()).toMatch(/#\/recordings\/\w+$/);
    await expect.poll(() => page.getByRole('heading', { level: 1 }).textContent()).toContain(basename(target.audioFile));

    await expect.poll(() => colorCount(page, 'canvas[data-lane=waveform]')).toBeGreaterThan(2);
    await expect.poll(() => colorCount(page, '[data-lane=timeline] canvas')).toBeGreaterThan(4);
    const lanes = await page.evaluate<[number, number]>("['canvas[data-lane=waveform]', '[data-lane=timeline] .u-over'].map((selector) => document.querySelector(selector).getBoundingClientRect()).map(({ left, width }) => [Math.round(left), Math.round(width)]).map(String)");
    expect(lanes[0], 'waveform and timeline begin and end at the same pixel').toBe(lanes[1]);

    const plays = page.getByRole('table').getByRole('button', { name: /^Play / });
    const last = plays.nth((await plays.count()) - 1);
    const startSeconds = startOf((await last.getAttribute('aria-label')) ?? '');
    await last.click();
    await expect.poll(() => positionSeconds(page)).toBeGreaterThanOrEqual(Math.floor(startSeconds));
    await expect.poll(() => page.locator('tr[aria-current=true]').count()).toBe(1);
    await expect.poll(() => page.getByRole('button', { name: 'Play', exact: true }).count(), { timeout: 20_000 }).toBe(1);

    await page.getByRole('button', { name: /^Find segments similar to/ }).first().click();
    await page.getByRole('heading', { name: /^Sounds like/ }).waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
    await expect.poll(() => page.getByText('Searching…').count()).toBe(0);
    const matches = page.locator('.matches li');
    if ((await plays.count()) > 2) {
      expect(await matches.count()).toBeGreaterThan(0);
      await matches.first().getByRole('button').click();
      await expect.poll(() => page.locator('.match--heard').count()).toBe(1);
    }
    if (process.env.UNDERTONE_BROWSER_SHOT !== undefined) await page.screenshot({ path: process.env.UNDERTONE_BROWSER_SHOT, fullPage: true });
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('obeys the keyboard: arrows move the position, Home returns, Tab reaches every control', async () => {
    const { page, complaints } = await openWatched(browser, target.baseUrl);
    await uploadAndOpen(page, target);
    const slider = page.getByRole('slider', { name: 'Position in the recording' });
    await slider.focus();
    for (let presses = 0; presses < 3; presses++) await slider.press('ArrowRight');
    await expect.poll(() => positionSeconds(page)).toBe(3);
    expect(await slider.getAttribute('aria-valuetext')).toContain('3 seconds of');
    await slider.press('Home');
    await expect.poll(() => positionSeconds(page)).toBe(0);

    const names = new Set<string>();
    await page.getByRole('link', { name: 'Undertone, start page' }).focus();
    for (let presses = 0; presses < 60; presses++) {
      await page.keyboard.press('Tab');
      names.add(await page.evaluate<string>("(document.activeElement.getAttribute('aria-label') || document.activeElement.textContent || '').trim()"));
    }
    const reached = [...names].join('\n');
    for (const wanted of ['Add recordings', 'Play', 'Zoom in', 'Position in the recording', 'Play 0:', 'Find segments similar']) expect(reached).toContain(wanted);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('is zoomed without losing the scale: the right edge of the lanes is then half the recording', async () => {
    const { page, complaints } = await openWatched(browser, target.baseUrl);
    await uploadAndOpen(page, target);
    const slider = page.getByRole('slider', { name: 'Position in the recording' });
    const durationSeconds = Number(await slider.getAttribute('aria-valuemax'));
    await page.getByRole('button', { name: 'Zoom in' }).click();
    await expect.poll(() => page.getByRole('button', { name: 'Show the whole recording' }).isEnabled()).toBe(true);
    const box = (await slider.boundingBox())!;
    await slider.click({ position: { x: box.width - 2, y: 20 } });
    await expect.poll(async () => Math.abs((await positionSeconds(page)) - durationSeconds / 2)).toBeLessThanOrEqual(1);
    await page.getByRole('button', { name: 'Show the whole recording' }).click();
    await slider.click({ position: { x: box.width / 4, y: 20 } });
    await expect.poll(async () => Math.abs((await positionSeconds(page)) - durationSeconds / 4)).toBeLessThanOrEqual(1);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('plays again after its signed address has run out', async () => {
    const { page, complaints } = await openWatched(browser, target.baseUrl, {}, /status of 403/);
    let refusedCount = 0;
    await page.route('**/*', async (route) => {
      if (route.request().resourceType() !== 'media' || refusedCount > 0) return route.continue();
      refusedCount += 1;
      return route.fulfill({ status: 403 });
    });
    await uploadAndOpen(page, target);
    await expect.poll(() => refusedCount).toBe(1);
    await page.getByRole('button', { name: 'Play', exact: true }).click();
    await expect.poll(() => positionSeconds(page), { timeout: 20_000 }).toBeGreaterThan(0);
    expect(await page.getByText('cannot play').count()).toBe(0);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it.each(['light', 'dark'] as const)('fits a narrow screen and is readable in %s colours', async (colorScheme) => {
    const { page, complaints } = await openWatched(browser, target.baseUrl, { colorScheme, viewport: { width: 360, height: 740 }, reducedMotion: 'reduce' });
    await uploadAndOpen(page, target);
    expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360);
    await page.getByRole('button', { name: 'Similar' }).first().waitFor();
    expect(await page.evaluate<number>("(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth)(document.querySelector('.segments-card .table-scroll'))")).toBe(0);
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.getByRole('link', { name: 'All recordings' }).click();
    await page.getByRole('heading', { name: 'Recordings' }).waitFor();
    expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360);
    expect(complaints).toEqual([]);
    await page.context().close();
  });
});

describe('adding recordings', () => {
  it('takes several files dropped anywhere on the page', async () => {
    const { page, complaints } = await openWatched(browser, target.baseUrl);
    await signIn(page, target.apiKey);
    await page.evaluate(`(() => {
      const dataTransfer = new DataTransfer();
      for (const name of ['one.wav', 'two.wav', 'three.wav']) dataTransfer.items.add(new File(['not audio'], name));
      document.body.dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }));
    })()`);
    for (const name of ['one.wav', 'two.wav', 'three.wav']) await page.locator('.upload', { hasText: name }).waitFor();
    expect(complaints).toEqual([]);
    await page.context().close();
  });
});

describe('what goes wrong', () => {
  it('a file that is not audio is reported beside its name, and one without bytes never leaves the browser', async () => {
    const { page, complaints } = await openWatched(browser, target.baseUrl);
    await signIn(page, target.apiKey);
    await page.getByLabel('Recordings to analyse').setInputFiles([
      { name: 'notes.wav', mimeType: 'audio/wav', buffer: Buffer.from('These are not sounds.') },
      { name: 'nothing.wav', mimeType: 'audio/wav', buffer: Buffer.alloc(0) },
    ]);
    await expect.poll(() => page.locator('.upload--failed').count(), { timeout: LONG_MS }).toBe(2);
    await expect.poll(() => page.locator('.upload--failed', { hasText: 'nothing.wav' }).textContent()).toContain('empty');
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('an address of a recording that is not there says so and leaves the list usable', async () => {
    const { page, complaints } = await openWatched(browser, target.baseUrl);
    await signIn(page, target.apiKey);
    await page.goto(`${target.baseUrl}/#/recordings/rec_0000000000000000000000000`);
    await expect.poll(() => page.getByRole('alert').textContent()).toContain('no such recording');
    expect(await page.getByRole('heading', { name: 'Recordings' }).count()).toBe(1);
    expect(complaints).toEqual([]);
    await page.context().close();
  });
});

describe('the models', () => {
  it('are shown with their state', async () => {
    const { page, complaints } = await openWatched(browser, target.baseUrl);
    await signIn(page, target.apiKey);
    await page.getByRole('link', { name: /^Models/ }).click();
    await page.getByRole('heading', { level: 1, name: 'Models' }).waitFor();
    await expect.poll(() => page.locator('article.model .state').first().textContent()).toMatch(/^(asleep|loading|ready|working|stopping)$/);
    expect(await accessibilityFaults(page)).toEqual([]);
    expect(complaints).toEqual([]);
    await page.context().close();
  });
});

describe('without a WebSocket', () => {
  it('progress is asked for instead, and the analysis still arrives', async () => {
    const deaf = await openTarget({ withSocket: false });
    const { page, complaints } = await openWatched(browser, deaf.baseUrl, {}, /WebSocket/);
    await uploadAndOpen(page, deaf);
    await expect.poll(() => page.locator('.upload--done').count(), { timeout: LONG_MS }).toBe(1);
    expect(complaints).toEqual([]);
    await page.context().close();
    await deaf.close();
  });
});
