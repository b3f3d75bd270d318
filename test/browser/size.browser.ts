import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { buildPage } from './target.js';

const LARGEST_BYTES = 150_000;

describe('the built page', () => {
  it('weighs at most 150 kB gzipped and names no other host to load from', async () => {
    const folder = await buildPage();
    const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((file) => file.isFile()).map((file) => readFileSync(join(file.parentPath, file.name)));
    const total = files.reduce((sum, content) => sum + gzipSync(content).length, 0);
    expect(total).toBeLessThanOrEqual(LARGEST_BYTES);
    const page = readFileSync(join(folder, 'index.html'), 'utf8');
    expect(page).not.toMatch(/(src|href)="(https?:)?\/\//);
    expect(page).not.toMatch(/<script(?![^>]*src=)|<style|style="|\son\w+="/);
  });
});
