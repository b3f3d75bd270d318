import { existsSync } from 'node:fs';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Debian's Chromium, never a downloaded one. `UNDERTONE_CHROMIUM` names another. */
export async function launchChromium(): Promise<Browser> {
  const executablePath = process.env.UNDERTONE_CHROMIUM ?? PLACES.find((path) => existsSync(path));
  if (executablePath === undefined) throw new Error('The browser tests need Chromium: install it (apt-get install chromium) or name one in UNDERTONE_CHROMIUM.');
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--autoplay-policy=no-user-gesture-required'] });
}

export interface WatchedPage {
  readonly page: Page;
  /** Errors on the console, uncaught exceptions, refusals by the content security policy and requests that leave the origin. */
  readonly complaints: string[];
}

/** A page that notes everything that it should not do. `allowed` are complaints that the test itself provokes. */
export async function openWatched(browser: Browser, baseUrl: string, options: BrowserContextOptions = {}, allowed: RegExp | null = null): Promise<WatchedPage> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 1000 }, ...options });
  const page = await context.newPage();
  const complaints: string[] = [];
  const complain = (text: string): void => {
    if (!allowed?.test(text)) complaints.push(text);
  };
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complain(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => complain(`exception: ${error.message}`));
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (url.origin !== new URL(baseUrl).origin && url.protocol !== 'blob:') complain(`foreign request: ${url.origin}`);
  });
  await page.addInitScript({ content: "document.addEventListener('securitypolicyviolation', (event) => console.error('CSP: ' + event.violatedDirective + ' ' + event.blockedURI));" });
  await page.goto(baseUrl);
  return { page, complaints };
}
