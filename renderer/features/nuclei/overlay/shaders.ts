import { mitreUnit } from './geometry.ts'

/**
 * Both programs read the state of a nucleus from one texture (RGBA8UI: colour row, strength, flags, class slot; 2048
 * wide). They read its colour and the opacity of its class from another (256 × 2 RGBA, see palette.ts), so hiding or
 * fading a class writes one texel. Flags: 1 labelled by a human, 2 selected, 4 outside the tissue, 8 the model is unsure.
 * Unsure nuclei differ in shape and not only in colour: their outlines are dashed, their dots hollow.
 */
export const stateWidth = 2048
/** Opacity of nuclei outside the tissue: visible, but clearly different from nuclei that are counted. */
const ghostOpacity = 0.45
/** Dashes along the outline of a nucleus whose class the model is unsure of, and the drawn part of each. */
const dashes = 7
const dashed = 0.58

const common = /* glsl */ `#version 300 es
precision highp float;
precision highp int;
uniform highp usampler2D states;
uniform highp sampler2D palette;
uniform mat2 linear;      // level-0 pixels → device pixels
uniform vec2 offset;      // device pixels of the cell's corner
uniform vec2 stageSize;   // device pixels
uniform uint hovered;
uniform float density;    // device pixels per CSS pixel
const vec4 nowhere = vec4(2.0, 2.0, 2.0, 1.0);
vec4 clip(vec2 p) { return vec4(2.0 * p.x / stageSize.x - 1.0, 1.0 - 2.0 * p.y / stageSize.y, 0.0, 1.0); }
uvec4 stateOf(uint i) { return texelFetch(states, ivec2(int(i % ${stateWidth}u), int(i / ${stateWidth}u)), 0); }
vec3 colourOf(uvec4 state) { return texelFetch(palette, ivec2(int(state.r), 0), 0).rgb; }
bool isUnsure(uvec4 state) { return (state.b & 8u) != 0u; }
float opacityOf(uvec4 state) {
  if (isUnsure(state) && texelFetch(palette, ivec2(0, 1), 0).r > 0.5) return 0.0;
  float ghost = (state.b & 4u) != 0u ? ${ghostOpacity.toFixed(2)} : 1.0;
  return ghost * texelFetch(palette, ivec2(int(state.a), 1), 0).a;
}
float strength(uvec4 state) { return float(state.g) / 255.0; }
`

/** A strip along the outlines, wide enough for the line and, around marked nuclei, an edge. */
export const outlineVertex = /* glsl */ `${common}
layout(location = 0) in vec2 place;
layout(location = 1) in vec2 mitre;   // in 1/${mitreUnit} half widths
layout(location = 2) in uint vertex;  // nucleus · 2 + side
out vec4 colour;
out vec4 edge;
out float across;
flat out vec2 halfWidths;             // of the line, and with its edge
out vec2 facing;                      // away from the outline: turns once around a nucleus
flat out float isDashed;
void main() {
  gl_Position = nowhere;
  uint nucleus = vertex >> 1;
  uvec4 state = stateOf(nucleus);
  float opacity = opacityOf(state);
  if (opacity == 0.0) return;
  bool labelled = (state.b & 1u) != 0u;
  bool selected = (state.b & 2u) != 0u;
  bool under = nucleus == hovered;
  float width = labelled ? 2.6 : isUnsure(state) ? 2.0 : 1.6;
  if (selected || under) width = max(width, 2.4);
  if (selected) width += 0.6;
  isDashed = isUnsure(state) ? 1.0 : 0.0;
  facing = mitre;
  colour = vec4(colourOf(state), selected || under ? 1.0 : strength(state) * opacity);
  float around = 0.0;
  edge = colour;
  if (selected) { around = 4.4; edge = vec4(0.05, 0.05, 0.06, 1.0); }
  else if (labelled) { around = 2.4; edge = vec4(1.0, 1.0, 1.0, 0.95 * opacity); }
  else if (under) { around = 2.4; edge = vec4(0.05, 0.05, 0.06, 0.8); }
  halfWidths = 0.5 * density * vec2(width, width + around);
  across = (float(vertex & 1u) * 2.0 - 1.0) * (halfWidths.y + 1.0);
  vec2 outward = linear * mitre / (${mitreUnit}.0 * sqrt(abs(determinant(linear))));
  gl_Position = clip(linear * place + offset + outward * across);
}`

export const outlineFragment = /* glsl */ `#version 300 es
precision highp float;
in vec4 colour;
in vec4 edge;
in float across;
flat in vec2 halfWidths;
in vec2 facing;
flat in float isDashed;
out vec4 pixel;
void main() {
  vec2 cover = clamp(halfWidths + 0.5 - abs(across), 0.0, 1.0);
  if (isDashed > 0.5 && fract(atan(facing.y, facing.x) * ${(dashes / (2 * Math.PI)).toFixed(6)}) > ${dashed.toFixed(2)}) {
    // Between the dashes of a marked nucleus its edge stays, of any other nothing.
    if (halfWidths.x == halfWidths.y) discard;
    cover.x = 0.0;
  }
  vec4 tone = mix(edge, colour, cover.x);
  float alpha = tone.a * cover.y;
  pixel = vec4(tone.rgb * alpha, alpha);
}`

/** One square point per nucleus, cut to a disc. */
export const dotVertex = /* glsl */ `${common}
layout(location = 0) in vec2 centre;
layout(location = 1) in float diameter;
layout(location = 2) in uint nucleus;
out vec4 colour;
flat out float radius;
flat out float hole;  // radius of what is left out in the middle
flat out int mark;
void main() {
  gl_Position = nowhere;
  gl_PointSize = 1.0;
  uvec4 state = stateOf(nucleus);
  float opacity = opacityOf(state);
  if (opacity == 0.0) return;
  bool selected = (state.b & 2u) != 0u || nucleus == hovered;
  mark = selected ? 2 : int(state.b & 1u);
  float size = max(diameter * sqrt(abs(determinant(linear))), 3.0 * density);
  if (mark > 0) size = max(size, 5.0 * density) + 2.0 * density;
  if (isUnsure(state)) size = max(size, 6.0 * density);
  gl_PointSize = size + 1.0;
  radius = size * 0.5;
  hole = isUnsure(state) ? radius - 1.7 * density : 0.0;
  colour = vec4(colourOf(state), 0.9 * strength(state) * opacity);
  gl_Position = clip(linear * centre + offset);
}`

export const dotFragment = /* glsl */ `#version 300 es
precision highp float;
in vec4 colour;
flat in float radius;
flat in float hole;
flat in int mark;
uniform float ring;
out vec4 pixel;
void main() {
  float distance_ = length(gl_PointCoord - 0.5) * (2.0 * radius + 1.0);
  float cover = clamp(radius + 0.5 - distance_, 0.0, 1.0) * colour.a;
  if (hole > 0.0) cover *= clamp(distance_ - hole + 0.5, 0.0, 1.0);
  if (cover == 0.0) discard;
  vec3 tone = colour.rgb;
  if (mark > 0 && distance_ > radius - ring) tone = mark == 2 ? vec3(0.05) : vec3(1.0);
  pixel = vec4(tone * cover, cover);
}`

/** A quad over the slide that shows the density picture. */
export const densityVertex = /* glsl */ `#version 300 es
precision highp float;
uniform mat2 linear;
uniform vec2 offset;
uniform vec2 stageSize;
uniform vec2 size;
out vec2 at;
void main() {
  at = vec2(float(gl_VertexID & 1), float(gl_VertexID >> 1));
  vec2 p = linear * (at * size) + offset;
  gl_Position = vec4(2.0 * p.x / stageSize.x - 1.0, 1.0 - 2.0 * p.y / stageSize.y, 0.0, 1.0);
}`

export const densityFragment = /* glsl */ `#version 300 es
precision highp float;
uniform highp sampler2D picture;
in vec2 at;
out vec4 pixel;
void main() {
  vec4 c = texture(picture, at);
  pixel = vec4(c.rgb * c.a, c.a);
}`
