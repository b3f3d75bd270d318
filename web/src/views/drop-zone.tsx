import { useEffect, useRef, useState } from 'preact/hooks';
import { formatBytes } from '../format.js';
import type { Capabilities } from '../types.js';
import { Icon } from './icon.js';

interface Props {
  readonly capabilities: Capabilities;
  readonly onFiles: (files: Iterable<File>) => void;
}

/** A button that opens the file chooser; files may also be dropped anywhere on the page. */
export function DropZone({ capabilities, onFiles }: Props) {
  const input = useRef<HTMLInputElement>(null);
  const [isOver, setOver] = useState(false);
  const deliver = useRef(onFiles);
  deliver.current = onFiles;

  useEffect(() => {
    const holdsFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes('Files') ?? false;
    const over = (event: DragEvent): void => {
      if (!holdsFiles(event)) return;
      event.preventDefault();
      setOver(true);
    };
    const leave = (event: DragEvent): void => {
      if (event.relatedTarget === null) setOver(false);
    };
    const drop = (event: DragEvent): void => {
      if (!holdsFiles(event)) return;
      event.preventDefault();
      setOver(false);
      if (event.dataTransfer?.files.length) deliver.current(event.dataTransfer.files);
    };
    addEventListener('dragover', over);
    addEventListener('dragleave', leave);
    addEventListener('drop', drop);
    return () => {
      removeEventListener('dragover', over);
      removeEventListener('dragleave', leave);
      removeEventListener('drop', drop);
    };
  }, []);

  return (
    <>
      <button type="button" class={isOver ? 'drop drop--over' : 'drop'} onClick={() => input.current?.click()}>
        <Icon name="upload" />
        <span class="drop-words">
          <strong>{isOver ? 'Let go to analyse' : 'Add recordings'}</strong>
          <span class="small muted">Drop or choose, up to {formatBytes(capabilities.maxUploadBytes)} each</span>
        </span>
      </button>
      <input
        ref={input} class="hidden-input" type="file" multiple accept="audio/*,video/*" aria-label="Recordings to analyse" tabIndex={-1}
        onChange={(event) => {
          const { files } = event.currentTarget;
          if (files?.length) onFiles(Array.from(files));
          event.currentTarget.value = '';
        }}
      />
    </>
  );
}
