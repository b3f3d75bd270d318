export function Brand() {
  return (
    <span class="brand">
      <svg class="brand-mark" viewBox="0 0 32 32" aria-hidden="true">
        <path class="brand-voice" d="M7 14v4M11.500 11v10M16 7v18M20.500 11.500v9M25 14.500v3" />
        <path class="brand-under" d="M6 26.200c4-2.600 6.500 1.600 10 0s6-2.600 10 0" />
      </svg>
      Undertone
    </span>
  );
}
