import type { Page } from 'playwright-core';

/**
 * Runs inside the page. What it looks for, on everything visible: controls without a name, targets under 24 px, doubled
 * ids, headings out of order, more or fewer than one `main` and `h1`, sliders without values, header cells without scope,
 * drawings that are neither named nor hidden, and text under the contrast of WCAG AA. Gives one line a fault.
 */
const AUDIT = String.raw`(() => {
  const faults = [];
  const seen = (element) => element.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && element.getClientRects().length > 0;
  const describe = (element) => element.tagName.toLowerCase() + (element.className && element.className.baseVal === undefined ? '.' + element.className : '') + ' "' + (element.textContent || '').trim().slice(0, 40) + '"';
  const nameOf = (element) => {
    const labelled = (element.getAttribute('aria-labelledby') || '').split(' ').map((id) => document.getElementById(id)?.textContent || '').join(' ').trim();
    const labels = element.labels ? [...element.labels].map((label) => label.textContent).join(' ').trim() : '';
    return labelled || element.getAttribute('aria-label') || labels || (element.textContent || '').trim();
  };
  for (const element of document.querySelectorAll('button, a[href], input, select, textarea, progress, [role=slider], [role=region], [role=group], section, aside, nav')) {
    if (element.matches('input[type=file]') || seen(element)) if (!nameOf(element)) faults.push('no name: ' + describe(element));
  }
  for (const element of document.querySelectorAll('button, select, input:not([type=file]):not([type=checkbox])')) {
    if (!seen(element)) continue;
    const { width, height } = element.getBoundingClientRect();
    if (width < 24 || height < 24) faults.push('small target ' + Math.round(width) + 'x' + Math.round(height) + ': ' + describe(element));
  }
  const ids = [...document.querySelectorAll('[id]')].map((element) => element.id);
  for (const id of new Set(ids.filter((each, index) => ids.indexOf(each) !== index))) faults.push('doubled id: ' + id);
  for (const element of document.querySelectorAll('[aria-labelledby], [aria-describedby]')) {
    for (const id of ((element.getAttribute('aria-labelledby') || '') + ' ' + (element.getAttribute('aria-describedby') || '')).split(' ').filter(Boolean)) {
      if (!document.getElementById(id)) faults.push('points at nothing: ' + id);
    }
  }
  let level = 0;
  for (const heading of [...document.querySelectorAll('main h1, main h2, main h3')].filter(seen)) {
    const own = Number(heading.tagName[1]);
    if (own > level + 1) faults.push('heading skips a level: ' + describe(heading));
    level = own;
  }
  for (const [selector, count] of [['main', 1], ['main h1', 1]]) {
    const found = [...document.querySelectorAll(selector)].filter(seen).length;
    if (found !== count) faults.push(found + ' visible ' + selector + ' instead of ' + count);
  }
  if (!document.documentElement.lang) faults.push('no language');
  if (!document.title) faults.push('no title');
  for (const slider of document.querySelectorAll('[role=slider]')) for (const name of ['aria-valuenow', 'aria-valuemin', 'aria-valuemax', 'aria-valuetext']) if (!slider.hasAttribute(name)) faults.push('slider without ' + name);
  for (const cell of document.querySelectorAll('th')) if (!cell.scope) faults.push('header cell without scope: ' + describe(cell));
  for (const drawing of document.querySelectorAll('canvas, svg')) if (!drawing.closest('[aria-hidden=true]') && !drawing.getAttribute('aria-label')) faults.push('drawing neither named nor hidden');

  const paint = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const rgba = (color) => {
    paint.clearRect(0, 0, 1, 1);
    paint.fillStyle = color;
    paint.fillRect(0, 0, 1, 1);
    return [...paint.getImageData(0, 0, 1, 1).data];
  };
  const luminance = ([red, green, blue]) => [red, green, blue].map((value) => value / 255).map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)).reduce((sum, value, index) => sum + value * [0.2126, 0.7152, 0.0722][index], 0);
  const groundOf = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const color = rgba(getComputedStyle(at).backgroundColor);
      if (color[3] === 255) return color;
    }
    return rgba('Canvas');
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const tried = new Set();
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || tried.has(element) || !seen(element) || element.closest(':disabled') || element.closest('.visually-hidden')) continue;
    tried.add(element);
    const style = getComputedStyle(element);
    const [light, dark] = [luminance(rgba(style.color)), luminance(groundOf(element))].sort((a, b) => b - a);
    const size = parseFloat(style.fontSize);
    const needed = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700) ? 3 : 4.5;
    const ratio = (light + 0.05) / (dark + 0.05);
    if (ratio < needed) faults.push('contrast ' + ratio.toFixed(2) + ': ' + describe(element));
  }
  return faults;
})()`;

export async function accessibilityFaults(page: Page): Promise<string[]> {
  return page.evaluate<string[]>(AUDIT);
}
