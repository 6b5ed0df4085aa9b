"""The documentation as tests: every fenced block and every indented command line runs, or says why not.

For whoever writes a page (README, CONTRIBUTING, data/README, everything under docs/ but the decisions and the fixed
documents): `test_blocks.py` goes through it, in order, in an empty folder of its own, beside a running API.

- An indented paragraph is a command; one that is none, as a formula, stands in `SHOWN` in `test_blocks.py`.
- `sh` blocks and indented command lines are run. `outreach …` is our command (also as `python3 run.py outreach …`).
  The folder holds `artefact/`, `challenger/`, `candidates.parquet`, `customers.parquet`, `history.parquet`,
  `texts.jsonl`, `events.jsonl` (and `.gz`), `proposal.toml`, `data/sample` (a small one), `policy/` (the shipped one),
  and a ledger `outreach.db`, in which commands write and which knows `u-17` and a key; whoever asks is answered `y`.
  `$API`, `$KEY`, `http://127.0.0.1:8080` are an API with a key that may do everything, where `u-17` agreed to chat and
  lives where it is afternoon. A command that ends with another exit code than 0 fails, unless the page says so behind
  it: `# exit code 2`.
- What would not end by itself or takes minutes (`serve`, `demo`, `train` …: `NOT_BEGUN` in `stage.py`) is given to our
  command without being begun: other tests begin it. So is every command of ours on any page, whether it is run or not:
  every option is one, and every value can be read. A synopsis holds the word `OPTIONS` or a `…`, and is left out.
- `python`, and `js` or `javascript`, run in the same folder, with `API` and `KEY` in the environment.
- `json` (one value, or one a line), `yaml`, `toml` and `ini` are read, and whatever is ours (settings, policy files,
  roles, events, candidates) is given to what reads it.
- A block that another test runs is left to it, as soon as that test reads it through a function that it imports from
  `tests.docs.pages`, with the page and the language written out: `block("docs/keys.md", "python")`,
  `blocks("docs/offers.md", "sh")[2]`, `lines("docs/keys.md", "outreach keys")`. That a test calls it is read from
  the tests' own code, and is all that is proved: what the test then does with the block (runs it, or compares it) is
  its own to say. What a test only compiles therefore says that it is not run.
- What cannot run here says so, visibly: `*Not run by the tests: it needs a cluster.*` as the next paragraph, or a
  comment within the block, `# not run by the tests: it needs a cluster`.
- `text`, `http`, `html`, `mermaid` and any other language are to be read by a test, or to say why not.

`test_harness.py` holds these rules to pages that break them, one by one. That whatever has a name stands on a page is
proved in `test_everything_is_documented.py`.
"""
