import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import type { Platform } from '../../src/compose.js';
import type { AnalysisRecord } from '../../src/domain/records.js';
import type { Principal } from '../../src/domain/principal.js';

const BY_CHANNEL = { speakers: 'channels', roles: { rule: 'channel', names: ['agent', 'customer'] } } as const;

/** The sample's voices on two channels, one after the other. */
async function stereoCall(): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), 'undertone-call-'));
  try {
    const path = join(folder, 'call.wav');
    await promisify(execFile)('ffmpeg', ['-loglevel', 'error', '-t', '18', '-i', 'samples/conversation.flac', '-af', 'pan=stereo|c0=c0|c1=c0,adelay=0|9000', '-t', '22', '-bitexact', path]);
    return await readFile(path);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Whose voices are judged, on a real database with the bundled model. */
export function permittedVoicesCases(world: () => { readonly platform: Platform; readonly principal: Principal }): void {
  const services = () => world().platform.services;
  async function callCentre(name: string): Promise<Principal> {
    const { id } = await world().platform.workspaces.create({ name, maxStoredBytes: null });
    await world().platform.workspaces.setLaw(id, { purpose: 'customer-service', jurisdiction: 'EU' });
    return { ...world().principal, workspaceId: id };
  }
  async function uploaded(member: Principal, bytes: Buffer, externalId: string | null = null): Promise<string> {
    return (await services().recordings.upload(member, { stream: Readable.from([bytes]), fileName: 'call.wav' }, { externalId })).recording.id;
  }
  async function analyzed(member: Principal, recordingId: string, options: object): Promise<AnalysisRecord> {
    const { id } = await services().analyses.request(member, recordingId, options);
    return services().analyses.wait(member, id, 60_000);
  }

  it('judges the channel of the customer and leaves the agent\'s out, where the law shields agents', async () => {
    const member = await callCentre('By channel');
    const recordingId = await uploaded(member, await stereoCall());
    const analysis = await analyzed(member, recordingId, BY_CHANNEL);
    expect(analysis).toMatchObject({ status: 'SUCCEEDED', problem: null });
    expect(analysis.warnings).toContainEqual({ code: 'VOICE_LEFT_OUT', message: expect.stringMatching(/Channel 0 \(agent: employee\).*Article 5\(1\)\(f\)/) as string });
    const { items } = await services().analyses.segments(member, analysis.id, { first: 50, after: null }, {});
    const speakers = new Map((await services().analyses.speakers(member, [analysis.id])).map(({ id, key }) => [id, key]));
    expect(items.length).toBeGreaterThan(0);
    expect([...new Set(items.map(({ speakerId }) => speakers.get(speakerId ?? '')))]).toEqual(['channel-1']);
    // What nobody has named may be an agent.
    await expect(services().analyses.request(member, recordingId, { ...BY_CHANNEL, roles: { rule: 'channel', names: ['agent', 'someone'] } })).rejects.toMatchObject({ code: 'LAW_PROHIBITED' });
    await expect(services().analyses.request(member, recordingId, { speakers: 'auto', roles: { rule: 'first-speaker', names: ['agent', 'customer'] } })).rejects.toMatchObject({ code: 'LAW_PROHIBITED' });
  });

  it('judges nobody where both voices share one signal and one of them must be left out', async () => {
    const member = await callCentre('One signal');
    const analysis = await analyzed(member, await uploaded(member, await readFile('samples/conversation.flac')), BY_CHANNEL);
    expect(analysis).toMatchObject({ status: 'FAILED', problem: { code: 'LAW_PROHIBITED' } });
    expect((await services().analyses.segments(member, analysis.id, { first: 5, after: null }, {})).items).toEqual([]);
  });

  it('judges no recording of a subject that has opted out, until that is withdrawn, and evaluates none', async () => {
    const { id: workspaceId } = await world().platform.workspaces.create({ name: 'Opted out', maxStoredBytes: null });
    const member = { ...world().principal, workspaceId };
    const clip = await readFile('samples/conversation.flac');
    const recordingId = await uploaded(member, clip, 'person-7');
    const entry = await services().optOuts.optOut(member, { externalId: 'person-7', reason: 'Asked on the phone' });
    expect(JSON.stringify(entry)).not.toContain('person-7');
    expect((await services().optOuts.optOut(member, { externalId: 'person-7', reason: 'Asked again' })).id).toBe(entry.id);
    await expect(services().analyses.request(member, recordingId, {})).rejects.toMatchObject({ code: 'SUBJECT_OPTED_OUT' });
    const set = await services().evaluations.createSet(member, { name: 'Set', items: [{ recordingId, label: 'happy' }] });
    const run = await services().evaluations.run(member, { setId: set.id });
    await expect.poll(async () => (await services().evaluations.results(member, run.id)).map(({ problem }) => problem?.code), { timeout: 30_000 }).toEqual(['SUBJECT_OPTED_OUT']);
    await services().optOuts.withdraw(member, entry.id, 'Agreed in writing');
    expect((await services().optOuts.list(member, { first: 5, after: null })).items).toEqual([]);
    expect((await services().analyses.request(member, recordingId, {})).status).toBe('QUEUED');
    expect((await services().audit.list(member, { first: 20, after: null })).items.map(({ action }) => action)).toEqual(expect.arrayContaining(['subject.opted-out', 'subject.opted-in']));
  });
}
