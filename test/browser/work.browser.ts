import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accessibilityFaults } from './accessibility.js';
import { launchChromium, openWatched } from './chromium.js';
import { LONG_MS, openView, shoot, signIn, uploadAndOpen } from './steps.js';
import { openTarget, type Target } from './target.js';

let browser: Browser;
let target: Target;
beforeAll(async () => {
  [browser, target] = await Promise.all([launchChromium(), openTarget()]);
});
afterAll(async () => {
  await browser.close();
  await target.close();
});

const RULE = { name: 'Any of four', severity: 'critical', when: { label: { in: ['neutral', 'happy', 'sad', 'angry'] } }, oncePer: 'analysis', actions: [{ alert: {} }] };
const editor = (page: Page) => page.getByLabel('Rule as JSON');
const figure = (page: Page, name: string) => page.locator('.figure, .measure', { has: page.getByText(name, { exact: true }) }).locator('.figure-value, .measure-value');

describe('rules and alerts', () => {
  it('are written with faults at their places, tried on the past, kept in versions, applied, and their alerts explained and noted', async () => {
    const { page, complaints } = await openWatched(browser, target.baseUrl, { reducedMotion: 'reduce' });
    await uploadAndOpen(page, target);
    await openView(page, 'Rules');
    await page.getByRole('link', { name: 'New rule' }).click();

    await editor(page).fill(JSON.stringify({ ...RULE, when: { lable: { in: ['sad'] } } }, null, 2));
    const fault = page.getByRole('button', { name: 'when.lable' });
    await fault.waitFor();
    expect(await page.getByRole('button', { name: 'Make this rule' }).isDisabled()).toBe(true);
    await shoot(page, 'rule-fault');
    await fault.click();
    expect(await page.evaluate<string>('(() => { const area = document.activeElement; return area.value.slice(area.selectionStart, area.selectionEnd); })()')).toMatch(/^"lable": \{/);
    expect(await accessibilityFaults(page)).toEqual([]);

    // What the schema cannot say, the server does: at the same place.
    await editor(page).fill(JSON.stringify({ ...RULE, when: { confidence: { atLeast: 0.9, atMost: 0.1 } } }));
    await page.getByRole('button', { name: 'Make this rule' }).click();
    await page.getByRole('button', { name: 'when.confidence.atLeast' }).waitFor();

    await editor(page).fill(JSON.stringify(RULE, null, 2));
    await page.getByRole('button', { name: 'Try it' }).click();
    await expect.poll(async () => Number(await figure(page, 'Would have fired').textContent()), { timeout: LONG_MS }).toBeGreaterThanOrEqual(1);
    await page.getByRole('button', { name: 'Make this rule' }).click();
    await page.getByRole('heading', { level: 2, name: /^Any of four/ }).waitFor();

    await editor(page).fill(JSON.stringify({ ...RULE, severity: 'warning' }, null, 2));
    await page.getByLabel('Why it changes').fill('It is not that bad');
    await page.getByRole('button', { name: 'Save version 2' }).click();
    await page.locator('.versions').getByText('It is not that bad').waitFor();
    expect(await page.locator('.versions li').count()).toBe(2);
    await page.getByRole('button', { name: 'Try it' }).click();
    await page.getByText('Where it would have fired').waitFor({ timeout: LONG_MS });
    await page.getByText('Why', { exact: true }).first().click();
    expect(await accessibilityFaults(page)).toEqual([]);
    await shoot(page, 'rules');

    await page.getByRole('button', { name: 'Apply version 2' }).click();
    await page.getByText(/^[1-9]\d* new alert/).waitFor({ timeout: LONG_MS });
    await openView(page, 'Alerts');
    const alert = page.getByRole('article', { name: /^Any of four/ }).first();
    await alert.getByText('Why it fired').click();
    expect(await alert.getByRole('table').textContent()).toContain('when.label');
    expect(await accessibilityFaults(page)).toEqual([]);
    await shoot(page, 'alerts');
    await alert.getByLabel('Note on Any of four').fill('Called back');
    await alert.getByRole('button', { name: 'Take note' }).click();
    await alert.getByText('Called back').waitFor();

    await alert.getByRole('link', { name: /of the recording$/ }).click();
    await page.getByRole('heading', { name: /^Alerts/ }).waitFor();
    await page.getByRole('article', { name: /^Any of four/ }).first().getByText('Called back').waitFor();
    await openView(page, 'Rules');
    await page.getByRole('link', { name: /^Any of four/ }).first().click();
    await page.getByRole('button', { name: 'Delete…' }).click();
    await page.getByRole('button', { name: 'Delete this rule' }).click();
    await expect.poll(() => page.getByRole('link', { name: /^Any of four/ }).count()).toBe(0);
    expect(complaints).toEqual([]);
    await page.context().close();
  });
});

describe('human review', () => {
  it('goes from a segment to the queue, is answered by keyboard, taken back, and stands beside the model', async () => {
    const { page, complaints } = await openWatched(browser, target.baseUrl, { reducedMotion: 'reduce' });
    await uploadAndOpen(page, target);
    const recording = page.url();
    await page.getByRole('button', { name: /^Send .* to review$/ }).first().click();
    await page.getByRole('link', { name: /^Review of/ }).first().waitFor();
    await openView(page, 'Review');
    await page.getByRole('row', { name: /sent by hand/ }).first().waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
    await shoot(page, 'review-queue');
    await page.getByRole('button', { name: 'Begin with the most urgent' }).click();
    await page.getByRole('heading', { name: 'What do you hear?' }).waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
    await shoot(page, 'review');
    await page.keyboard.press('Space');
    await page.getByRole('button', { name: 'Pause' }).waitFor();
    const first = await page.getByRole('list', { name: 'Answers' }).getByRole('button').first().textContent();
    await page.keyboard.press('1');
    await expect.poll(async () => `${(await page.getByRole('heading', { name: /^People say/ }).textContent()) ?? ''}1`).toContain(first ?? 'an answer');
    await page.getByRole('button', { name: 'Take it back' }).click();
    await page.getByLabel('Something else').fill('relieved');
    await page.getByRole('button', { name: 'Say this' }).click();
    await page.getByRole('heading', { name: 'People say relieved' }).waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.goto(recording);
    await page.getByText('people: relieved').waitFor();
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('hides what the model said in blind mode until an answer is given', async () => {
    const { page, complaints } = await openWatched(browser, target.baseUrl, { reducedMotion: 'reduce' });
    await uploadAndOpen(page, target);
    const recording = page.url();
    await openView(page, 'Review');
    await page.getByText('Change it').click();
    await page.getByLabel(/^Blind/).check();
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText(/^Saved/).waitFor();
    await page.goto(recording);
    const send = page.getByRole('button', { name: /^Send .* to review$/ }).last();
    const stretch = /[\d:.]+–[\d:.]+/.exec((await send.getAttribute('aria-label')) ?? '')?.[0] ?? '';
    await send.click();
    await page.getByRole('link', { name: `Review of ${stretch}` }).click();
    await page.getByText(/^Blind: what the model said/).waitFor();
    expect(await page.getByText(/^The model:/).count()).toBe(0);
    await page.getByRole('list', { name: 'Answers' }).getByRole('button').nth(1).click();
    await page.getByText(/^The model:/).waitFor();
    await openView(page, 'Review');
    await page.getByText('Change it').click();
    await page.getByLabel(/^Blind/).uncheck();
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText(/^Saved/).waitFor();
    expect(complaints).toEqual([]);
    await page.context().close();
  });
});

describe('a review queue that is open in two browsers', () => {
  it('shows in one what is done in the other: an item that comes in, is taken, is answered and is taken back', async () => {
    const [watcher, worker] = [await openWatched(browser, target.baseUrl, { reducedMotion: 'reduce' }), await openWatched(browser, target.baseUrl, { reducedMotion: 'reduce' })];
    await uploadAndOpen(worker.page, target);
    await signIn(watcher.page, target.apiKey);
    await openView(watcher.page, 'Review');
    await watcher.page.evaluate('void (window.staysOpen = true)');
    const send = worker.page.getByRole('button', { name: /^Send .* to review$/ }).first();
    const stretch = /[\d:.]+–[\d:.]+/.exec((await send.getAttribute('aria-label')) ?? '')?.[0] ?? 'none';
    const row = watcher.page.getByRole('row').filter({ hasText: stretch });
    expect(await row.count()).toBe(0);

    await send.click();
    await row.getByText('0 of 1').waitFor();
    await worker.page.getByRole('link', { name: `Review of ${stretch}` }).click();
    await worker.page.getByRole('heading', { name: 'What do you hear?' }).waitFor();
    await row.getByText('at work').waitFor();
    await worker.page.getByRole('button', { name: 'Give it back' }).click();
    await expect.poll(() => row.getByText('at work').count(), { timeout: LONG_MS }).toBe(0);

    // Both have the same item before them, and one answers.
    await row.getByRole('link').click();
    await watcher.page.getByRole('heading', { name: 'What do you hear?' }).waitFor();
    await worker.page.getByRole('row').filter({ hasText: stretch }).getByRole('link').click();
    await worker.page.getByLabel('Something else').fill('amused');
    await worker.page.getByRole('button', { name: 'Say this' }).click();
    await watcher.page.getByRole('heading', { name: 'People say amused' }).waitFor();
    await watcher.page.getByRole('link', { name: 'The queue' }).click();
    await watcher.page.getByRole('heading', { name: /^Queue/ }).waitFor();
    await expect.poll(() => row.count(), { timeout: LONG_MS }).toBe(0);
    await worker.page.getByRole('button', { name: 'Take it back' }).click();
    await row.getByText('0 of 1').waitFor();
    expect(await watcher.page.evaluate('window.staysOpen')).toBe(true);
    expect([...watcher.complaints, ...worker.complaints]).toEqual([]);
    await Promise.all([watcher.page.context().close(), worker.page.context().close()]);
  });
});

describe('evaluation', () => {
  it('makes a set, measures a model on it, and shows every figure with its interval', async () => {
    const { page, complaints } = await openWatched(browser, target.baseUrl, { reducedMotion: 'reduce' });
    await uploadAndOpen(page, target);
    const [, recordingId = ''] = /recordings\/(\w+)/.exec(page.url()) ?? [];
    await openView(page, 'Evaluation');
    await page.getByText('New set', { exact: true }).click();
    await page.getByLabel('Name', { exact: true }).fill('By hand');
    await page.getByLabel(/^CSV/).fill('recording,emotion\nx,y');
    await page.getByRole('button', { name: 'Make this set' }).click();
    await expect.poll(() => page.getByRole('alert').textContent()).toContain('label');
    await page.getByLabel(/^CSV/).fill(`recording,label,speaker\n${recordingId},neutral,anna`);
    await page.getByRole('button', { name: 'Make this set' }).click();
    await page.getByRole('button', { name: 'Measure on By hand' }).click();
    await page.getByRole('heading', { name: 'Figures' }).waitFor({ timeout: LONG_MS });
    await expect.poll(() => figure(page, 'WA').textContent()).toMatch(/^[01]\.\d{3}$/);
    await page.getByRole('heading', { name: 'What was heard as what' }).waitFor();
    expect(await page.getByRole('img', { name: /^Accuracy by confidence/ }).count()).toBe(1);
    expect(await accessibilityFaults(page)).toEqual([]);
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Save as CSV' }).click();
    expect((await download).suggestedFilename()).toMatch(/^evaluation-\w+\.csv$/);
    await page.getByRole('button', { name: 'Accept as reference' }).click();
    await page.getByText(/accepted today/).waitFor();
    expect(complaints).toEqual([]);
    await page.context().close();
  });
});

describe('every view', () => {
  it.each(['light', 'dark'] as const)('fits a narrow screen and reads in %s colours', async (colorScheme) => {
    const { page, complaints } = await openWatched(browser, target.baseUrl, { colorScheme, viewport: { width: 360, height: 740 }, reducedMotion: 'reduce' });
    await signIn(page, target.apiKey);
    for (const name of ['Review', 'Alerts', 'Rules', 'Evaluation', 'Webhooks', 'Models']) {
      await openView(page, name);
      await expect.poll(() => page.getByText('Loading…').count()).toBe(0);
      expect(await page.evaluate<number>('document.documentElement.scrollWidth'), name).toBeLessThanOrEqual(360);
      expect(await accessibilityFaults(page), name).toEqual([]);
    }
    await openView(page, 'Rules');
    await page.getByRole('link', { name: 'New rule' }).click();
    await page.getByText('Fits the schema.').waitFor();
    expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360);
    expect(await accessibilityFaults(page)).toEqual([]);
    expect(complaints).toEqual([]);
    await page.context().close();
  });
});
