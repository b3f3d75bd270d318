import { describe, expect, it } from 'vitest';
import { SETTING_NAMES } from '../../src/config.js';
import { filesUnder, readSource } from '../support/source-files.js';

interface PackageJson { dependencies: Record<string, string>; devDependencies: Record<string, string>; scripts: Record<string, string>; bin: Record<string, string>; engines: { node: string } }
const manifest = JSON.parse(readSource('package.json')) as PackageJson;

describe('package-lock.json', () => {
  it('names no registry, so that it works with any', () => {
    expect(readSource('package-lock.json')).not.toContain('"resolved"');
    expect(readSource('package-lock.json')).not.toMatch(/\.tgz/);
  });

  it('agrees with package.json', () => {
    const root = (JSON.parse(readSource('package-lock.json')) as { packages: Record<string, PackageJson> }).packages['']!;
    expect(root.dependencies).toEqual(manifest.dependencies);
    expect(root.devDependencies).toEqual(manifest.devDependencies);
  });
});

describe('package.json', () => {
  it('pins every dependency to one version', () => {
    const versions = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies });
    expect(versions.filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))).toEqual([]);
  });

  it('names only scripts and commands that are there', () => {
    const wanted = [...Object.values(manifest.scripts).flatMap((line) => line.match(/scripts\/[\w-]+\.mjs/g) ?? []), ...Object.values(manifest.bin).map((path) => path.replace('./', ''))];
    const there = filesUnder(['scripts', 'bin'], ['.mjs']);
    expect(wanted.filter((path) => !there.includes(path))).toEqual([]);
  });
});

describe('settings', () => {
  it.each(['README.md', 'README.zh-CN.md'])('are all in the table of %s, and nothing else is', (readme) => {
    const documented = [...new Set(readSource(readme).match(/\b(UNDERTONE_[A-Z_]+|DATABASE_URL)\b/g))];
    expect(documented.sort()).toEqual([...SETTING_NAMES].sort());
  });
});

describe('documents', () => {
  it('link only to files that are there', () => {
    const all = new Set(filesUnder(['.'], ['']));
    const broken = [...all].filter((path) => /^(README[^/]*|[A-Z]+|docs\/.*)\.md$/.test(path)).flatMap((path) => {
      const folder = path.includes('/') ? path.slice(0, path.lastIndexOf('/') + 1) : '';
      return [...readSource(path).matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)]
        .map((match) => new URL(match[1]!, `file:///${folder}`).pathname.slice(1))
        .filter((target) => !all.has(target) && ![...all].some((file) => file.startsWith(`${target.replace(/\/$/, '')}/`)))
        .map((target) => `${path} → ${target}`);
    });
    expect(broken).toEqual([]);
  });
});
