import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { unixUs } from '@roomtape/media';
import type { ProjectedFile } from '@roomtape/recorder';
import { expect, it } from 'vitest';
import { eventually } from '../testing/eventually.ts';
import { testServers } from '../testing/test-servers.ts';

const { start } = testServers();

/** A file as a worker tells of it, with its name for its bytes. */
async function fileOf(folder: string, facts: Pick<ProjectedFile, 'container' | 'output' | 'part'> & { name: string }) {
  const { name, ...rest } = facts;
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, name), name);
  const common = {
    bytes: name.length,
    durationUs: 60_000_000,
    startedAt: unixUs(1_767_225_600_000_000),
    missingUs: {},
  };
  return { path: join(folder, name), state: 'finished' as const, ...common, ...rest };
}

it('several outputs are made by one job, and every file keeps its id and bytes while others come', async () => {
  const t = await start();
  const published = await t.publish('r', 'cam', await t.token('r', 'ann'));
  const outputs = [
    { format: 'mp4', media: 'video', newFileSeconds: 60, newFileMegabytes: 5 },
    { format: 'aac' },
    { format: 'jpeg', everySeconds: 2, width: 320 },
  ];
  const { status, body } = await t.call('POST', '/v1/recordings', { roomId: 'r', mode: 'single', outputs });
  expect(status).toBe(201);
  expect(body).toMatchObject({ outputs, format: 'mp4', media: 'video' });
  t.media[0]?.connect(published.headers.get('location')?.split('/').at(-1) ?? '');
  await eventually(() => expect(t.workers[0]?.jobs.size).toBe(1));
  const job = [...(t.workers[0]?.jobs.values() ?? [])][0];
  const { jobId = '', outputDirectory = '' } = job ?? {};
  expect(job).toMatchObject({
    fileName: 'cam.1',
    outputs: [
      { container: 'mp4', media: 'video', audioCodec: 'aac', newFileMs: 60_000, newFileBytes: 5_000_000 },
      { container: 'aac', media: 'audio-video' },
      { container: 'jpeg', everyMs: 2000, width: 320 },
    ],
  });

  const first = await fileOf(outputDirectory, { name: 'cam.1.mp4', container: 'mp4', output: 0, part: 1 });
  const second = await fileOf(outputDirectory, { name: 'cam.1-2.mp4', container: 'mp4', output: 0, part: 2 });
  const sound = await fileOf(outputDirectory, { name: 'cam.1.aac', container: 'aac', output: 1, part: 1 });
  const files = async () =>
    (await t.call('GET', `/v1/recordings/${body.recordingId}`)).body.files as Record<string, string>[];
  t.workers[0]?.emit({ kind: 'progressed', jobId, files: [first, sound], awaitsKeyframe: true });
  await eventually(async () => expect(await files()).toHaveLength(2));
  const before = await files();
  await eventually(() => expect(t.media[0]?.calls).toContain('keyframe'));
  const givenUp = [{ output: 2, code: 'output-unsupported', message: 'outputs.2: no pictures' }];
  t.workers[0]?.emit({ kind: 'progressed', jobId, files: [first, second, sound], givenUp });
  await eventually(async () => expect(await files()).toHaveLength(3));

  const after = await files();
  expect(after).toMatchObject([
    { name: 'cam.1.mp4', output: 0, part: 1, fileId: before[0]?.fileId },
    { name: 'cam.1-2.mp4', output: 0, part: 2 },
    { name: 'cam.1.aac', output: 1, part: 1, fileId: before[1]?.fileId },
  ]);
  expect(new Set(after.map(({ fileId }) => fileId)).size).toBe(3);
  for (const { url = '', name } of after) expect(await (await fetch(`${t.url}${url}`)).text()).toBe(name);
  const { problems } = (await t.call('GET', `/v1/recordings/${body.recordingId}`)).body;
  expect(problems).toMatchObject([{ code: 'PROJECTION_FAILED', message: 'outputs.2: no pictures', streamId: 'cam' }]);
});

it('outputs that cannot be are refused with the field and the reason', async () => {
  const t = await start();
  const asked = { roomId: 'r', mode: 'single', outputs: [{ format: 'mp3', media: 'video' }] };
  const refused = await t.call('POST', '/v1/recordings', asked);
  const shape = await t.call('POST', '/v1/recordings', { ...asked, outputs: [{ format: 'avi' }] });

  expect(refused).toMatchObject({
    status: 400,
    body: { error: { code: 'INVALID_REQUEST', details: { problems: [{ field: 'outputs.0.media' }] } } },
  });
  expect(shape.body).toMatchObject({ error: { details: { supported: expect.arrayContaining(['mp4', 'jpeg']) } } });
  expect((await t.call('GET', '/v1/recordings')).body.recordings).toEqual([]);
});
