import type { Page } from 'playwright-core';
import type { Target } from './target.js';

export const LONG_MS = 60_000;

export async function signIn(page: Page, apiKey: string): Promise<void> {
  await page.getByLabel('API key').fill(apiKey);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('button', { name: 'Sign out' }).waitFor();
}

/** Uploads the target's recording and waits until it is analysed and its segments are on the page. */
export async function uploadAndOpen(page: Page, { apiKey, audioFile }: Target): Promise<void> {
  await signIn(page, apiKey);
  await page.getByLabel('Recordings to analyse').setInputFiles(audioFile);
  await page.getByRole('heading', { name: /^Segments \d/ }).waitFor({ timeout: LONG_MS });
  await page.getByRole('table').waitFor();
}

/** Goes to a view by its link in the bar. */
export async function openView(page: Page, name: string): Promise<void> {
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: new RegExp(`^${name}`) }).click();
  await page.getByRole('heading', { level: 1, name }).waitFor();
}

/** A picture for people, where `UNDERTONE_BROWSER_SHOTS` names a folder. */
export async function shoot(page: Page, name: string): Promise<void> {
  const folder = process.env.UNDERTONE_BROWSER_SHOTS;
  if (folder !== undefined) await page.screenshot({ path: `${folder}/${name}.png`, fullPage: true });
}
