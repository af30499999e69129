/** Loaded before everything else: a machine whose clock is wrong by RAFT3D_TEST_CLOCK_MS. */
const shiftMs = Number(process.env.RAFT3D_TEST_CLOCK_MS)
const RealDate = Date

globalThis.Date = class extends RealDate {
  constructor(...given) {
    if (given.length === 0) super(RealDate.now() + shiftMs)
    else super(...given)
  }

  static now() {
    return RealDate.now() + shiftMs
  }
}
