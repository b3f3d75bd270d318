import { describe, expect, it } from 'vitest';
import { lockedPackages, sbomOf, type PackageLock } from '../../scripts/sbom.mjs';
import { readSource } from '../support/source-files.js';

const lock = JSON.parse(readSource('package-lock.json')) as PackageLock;
const packages = lockedPackages(lock);

/** Licences that ask for no more than to be named, and never for our source. */
const PERMISSIVE = new Set(['MIT', 'MIT-0', 'ISC', '0BSD', 'BSD-2-Clause', 'BSD-3-Clause', 'Apache-2.0', 'BlueOak-1.0.0', 'CC0-1.0', 'Unlicense', 'Python-2.0', 'Zlib']);
/** Others, by package, each with the reason why it may be here. */
const EXPLAINED: Readonly<Record<string, string>> = {
  'lightningcss': 'MPL-2.0 holds for its own files; it builds the page and is not in it',
  'caniuse-lite': 'CC-BY-4.0 for data that the build reads',
  'elkjs': 'EPL-2.0 holds for its own files; Prisma brings it for a studio that is never started',
};

/** `A OR B`: one must be permissive; `A AND B`: all. */
function isPermissive(license: string): boolean {
  return license.replace(/[()]/g, '').split(' OR ').some((choice) => choice.split(/ and /i).every((part) => PERMISSIVE.has(part.trim())));
}

describe('licences', () => {
  it('are permissive or explained, for every package of the lock', () => {
    const rest = packages.filter(({ license }) => license === null || !isPermissive(license)).filter(({ name }) => EXPLAINED[name.replace(/^lightningcss-.*/, 'lightningcss')] === undefined);
    expect(rest.map(({ name, license }) => `${name}: ${license ?? 'none'}`)).toEqual([]);
    expect(packages.length).toBeGreaterThan(300);
  });

  it('of the GPL family would be noticed', () => {
    expect(['GPL-3.0', 'AGPL-3.0-only', 'LGPL-2.1', 'MIT AND GPL-2.0', 'SSPL-1.0'].map(isPermissive)).toEqual([false, false, false, false, false]);
    expect(['(MIT OR GPL-3.0)', 'MIT and ISC'].map(isPermissive)).toEqual([true, true]);
  });

  it('that are explained are there', () => {
    const names = new Set(packages.map(({ name }) => name));
    expect(Object.keys(EXPLAINED).filter((name) => !names.has(name))).toEqual([]);
  });
});

describe('install scripts', () => {
  it('are allowed or refused by name, each of them', () => {
    const { allowScripts } = JSON.parse(readSource('package.json')) as { allowScripts: Record<string, boolean> };
    const having = [...new Set(packages.filter(({ hasInstallScript, isOptional }) => hasInstallScript && !isOptional).map(({ name }) => name))];
    expect(having.filter((name) => allowScripts[name] === undefined)).toEqual([]);
  });
});

describe('the bill of materials', () => {
  const sbom = sbomOf(lock);

  it('names every package once, with its version, its hash and what it stands on', () => {
    expect([sbom.bomFormat, sbom.specVersion]).toEqual(['CycloneDX', '1.6']);
    expect(sbom.components).toHaveLength(packages.length);
    const refs = new Set(sbom.components.map((component) => component['bom-ref']));
    expect(refs.size).toBe(packages.length);
    expect(sbom.dependencies.flatMap(({ dependsOn }) => dependsOn).filter((ref) => !refs.has(ref))).toEqual([]);
    expect(sbom.components.find(({ name }) => name === '@apollo/server')).toMatchObject({ purl: expect.stringMatching(/^pkg:npm\/%40apollo\/server@5\./) as string, scope: 'required' });
    expect(sbom.components.filter(({ hashes }) => hashes !== undefined && !/^[0-9a-f]{128}$/.test(hashes[0]!.content))).toEqual([]);
  });

  it('has no address of a registry', () => {
    expect(JSON.stringify(sbom)).not.toMatch(/https?:/);
  });
});
