#!/usr/bin/env bash
# Draws every icon from its SVG. Needs rsvg-convert (Debian: librsvg2-bin) and Node.
set -euo pipefail
cd "$(dirname "$0")"
mkdir -p icons
rsvg-convert -w 1024 -h 1024 icon.svg -o icon.png
for size in 16 24 32 48 64 128 256 512; do rsvg-convert -w $size -h $size icon.svg -o icons/${size}x$size.png; done
for svg in tray/*.svg; do
  size=22
  [[ $svg == *Template.svg ]] && size=18
  rsvg-convert -w $size -h $size "$svg" -o "${svg%.svg}.png"
  rsvg-convert -w $((2 * size)) -h $((2 * size)) "$svg" -o "${svg%.svg}@2x.png"
done
node containers.mjs
