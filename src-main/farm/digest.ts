/** A 64-bit digest of text, for comparing states; not for secrets. Two murmur-like lanes over UTF-16 units. */
export class Digest {
  private a = 0x9e3779b9
  private b = 0x85ebca6b
  private length = 0

  add(text: string): void {
    let { a, b } = this
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i)
      a = Math.imul(a ^ unit, 0x2c1b3c6d)
      a = (a << 13) | (a >>> 19)
      b = Math.imul(b + unit, 0x297a2d39)
      b = (b << 15) | (b >>> 17)
    }
    this.a = a
    this.b = b
    this.length += text.length
  }

  /** 16 lower-case hex digits. */
  hex(): string {
    const a = finished(this.a ^ this.length)
    const b = finished(this.b ^ a)
    return hex32(finished(a + b)) + hex32(b)
  }
}

function finished(lane: number): number {
  lane = Math.imul(lane ^ (lane >>> 16), 0x85ebca6b)
  lane = Math.imul(lane ^ (lane >>> 13), 0xc2b2ae35)
  return lane ^ (lane >>> 16)
}

function hex32(lane: number): string {
  return (lane >>> 0).toString(16).padStart(8, '0')
}
