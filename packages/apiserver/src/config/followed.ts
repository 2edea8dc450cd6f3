/** What is built from options that may change: built anew when others are given, and only then. */
export function followed<Options, Built>(options: () => Options, build: (options: Options) => Built): () => Built {
  let from = options();
  let built = build(from);
  return () => {
    const now = options();
    if (now !== from) {
      built = build(now);
      from = now;
    }
    return built;
  };
}
