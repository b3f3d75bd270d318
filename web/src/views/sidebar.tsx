import { useState } from 'preact/hooks';
import type { Api } from '../api.js';
import type { AnalyzeChoices, Capabilities, Viewer } from '../types.js';
import type { UploadItem, UploadQueue } from '../upload-queue.js';
import { AnalyzeOptions } from './analyze-options.js';
import { DropZone } from './drop-zone.js';
import { RecordingList } from './recording-list.js';
import { UploadList } from './upload-list.js';

interface Props {
  readonly api: Api;
  readonly viewer: Viewer;
  readonly capabilities: Capabilities;
  readonly queue: UploadQueue;
  readonly uploads: readonly UploadItem[];
  /** Grows when the list of recordings may have changed. */
  readonly changes: number;
  readonly openId: string | null;
}

export function Sidebar({ api, viewer, capabilities, queue, uploads, changes, openId }: Props) {
  const [choices, setChoices] = useState<AnalyzeChoices>({ model: undefined, raw: false, speakers: 'NONE' });
  return (
    <aside class="side" aria-label="Recordings">
      {viewer.role === 'viewer'
        ? <p class="small muted">This key may read, but not upload. Ask for one with the role “analyst”.</p>
        : (
          <>
            <DropZone capabilities={capabilities} onFiles={(files) => queue.add(files, choices)} />
            <details class="options">
              <summary>How to analyse</summary>
              <AnalyzeOptions capabilities={capabilities} choices={choices} onChange={setChoices} />
            </details>
            <UploadList items={uploads} queue={queue} />
          </>
        )}
      <RecordingList api={api} changes={changes} openId={openId} />
    </aside>
  );
}
