"""Waves carved in wood."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

from stylelab.painting.canvas import *

INDIGO: Palette = ("#0e1b3d", "#17407a", "#3f7fae", "#a9c6c9", "#f3e7cb", "#d9593b")

OUTER = np.array([(-2.3, -0.15), (-1.5, 0.10), (-0.85, 0.42), (-0.35, 0.80), (0.08, 1.0), (0.48, 0.99), (0.74, 0.80), (0.80, 0.58)])
INNER = np.array([(1.7, -0.15), (0.95, -0.02), (0.50, 0.10), (0.26, 0.30), (0.22, 0.52), (0.34, 0.72), (0.56, 0.77), (0.80, 0.58)])


def smooth(points, n=80):
    from scipy.interpolate import CubicSpline
    s = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))]); s /= s[-1]
    return CubicSpline(s, points)(np.linspace(0, 1, n))


class Block:
    def __init__(self, sheet):
        self.sheet = sheet
        self.image = Image.new("L", (sheet.columns, sheet.rows), 0)
        self.draw = ImageDraw.Draw(self.image)
    def fill(self, pts, tone):
        self.draw.polygon([tuple(p) for p in (np.asarray(pts) * self.sheet.unit).tolist()], fill=int(round(tone * 250)) if tone <= 1 else 255)


def finger(base, angle, length, width, curl, n=12):
    t = np.linspace(0, 1, n)
    a = angle + curl * t ** 1.3
    step = length / (n - 1)
    c = base + np.cumsum(np.stack([np.cos(a), np.sin(a)], 1) * step, 0)
    half = width / 2 * (1 - t) ** 0.7 * (1 + .35 * np.sin(t * 3.1))
    nrm = np.stack([-np.sin(a), np.cos(a)], 1)
    return c, a, nrm, half


def claw_polys(base, angle, length, width, curl, depth):
    c, a, nrm, half = finger(base, angle, length, width, curl)
    out = [(c, nrm, half)]
    if depth:
        for i, sgn in ((3, 1), (5, -1), (7, 1), (8, -1)):
            out += claw_polys(c[i], a[i] - sgn * .85, length * .42, width * .55, curl * .9 * sgn if sgn > 0 else curl * .7, depth - 1)
    return out


def wave(block, at, size, flip, line, rng, tones):
    P = lambda p: np.asarray(at) + np.asarray(p) * np.array([flip * size, -size])
    O, I = smooth(OUTER), smooth(INNER)
    n = len(O)
    t = np.linspace(0, 1, n)[:, None]
    dark, mid, light, paper = tones
    rim = 0.006 / size * .35
    body = np.concatenate([O, I[::-1]])
    block.fill(P(body), mid)
    # stripes
    count = max(int(2.0 * size / line / 2.4), 5)
    ks = (np.arange(count) + .5) / count
    for i, k in enumerate(ks):
        k = k + rng.uniform(-.15, .15) / count
        t0, t1 = rng.uniform(0, .12), rng.uniform(.82, 1)
        prof = np.clip(np.sin(np.pi * np.clip((t - t0) / (t1 - t0), 0, 1)), 0, 1) ** .45
        fat = (0.62 if i % 3 else 0.9) / count * .5
        a, b = k - fat * prof, k + fat * prof
        tone = (paper if i % 3 == 0 else light if i % 3 == 1 else dark)
        sel = ((t > t0) & (t < t1))[:, 0]
        A = (1 - a) * O + a * I; B = (1 - b) * O + b * I
        block.fill(P(np.concatenate([A[sel], B[sel][::-1]])), tone)
        # fine carved line inside
    # outline of the back and the face
    for C in (O, I):
        d = np.gradient(C, axis=0); d /= np.linalg.norm(d, axis=1, keepdims=True); nn = np.stack([-d[:, 1], d[:, 0]], 1)
        wd = line / size * .55
        block.fill(P(np.concatenate([C + nn * wd, (C - nn * wd)[::-1]])), dark)
    # foam
    groups = []
    m = max(int(20 * min(1, size / .12) ** .5), 10)
    for row, (lo, hi, back) in enumerate(((0.40, 1.0, 0.0), (0.46, .98, .09))):
        for s in np.linspace(lo, hi, m):
            i = min(int(s * (n - 1)), n - 1)
            d = O[min(i + 1, n - 1)] - O[max(i - 1, 0)]; ang = np.arctan2(d[1], d[0])
            base = (1 - back) * O[i] + back * I[i] - .03 * np.array([np.cos(ang), np.sin(ang)])
            ln = (.10 + .22 * s ** 4) * rng.uniform(.8, 1.2)
            groups.append(claw_polys(base, ang + .75 - .45 * s - row * .55, ln, .075 + .02 * s, -1.7 - .8 * rng.uniform(), 1))
    for s in np.linspace(0.72, 0.99, m // 2):
        i = min(int(s * (n - 1)), n - 1)
        d = I[min(i + 1, n - 1)] - I[max(i - 1, 0)]; ang = np.arctan2(d[1], d[0])
        groups.append(claw_polys(.9 * I[i] + .1 * O[i], ang - .9, .13 * rng.uniform(.7, 1.3), .06, -1.5, 1))
    for polys in groups:
        for grow, tone in ((line / size * .30, dark), (0, paper)):
            for c, nrm, half in polys:
                h = (half + grow)[:, None]
                block.fill(P(np.concatenate([c + nrm * h, (c - nrm * h)[::-1]])), tone)
        c, nrm, half = polys[0]
        h = half[:, None] * .2
        block.fill(P(np.concatenate([(c - nrm * h * 1.2)[2:8], (c - nrm * h * 2.4)[2:8][::-1]])), light)
    # spray
    for _ in range(40):
        p = np.array([.62, .80]) + np.array([1.0, .75]) * rng.uniform(.15, .6) * (lambda a: np.array([np.cos(a), np.sin(a)]))(rng.uniform(-.9, 1.2))
        r = rng.uniform(.004, .013)
        q = np.linspace(0, 2 * np.pi, 12)
        for rr, tone in ((r + line / size * .35, dark), (r, paper)):
            block.fill(P(p + rr * np.stack([np.cos(q), np.sin(q)], 1)), tone)


def woodcut_waves(height=384, width=512, *, seed=0, palette=INDIGO, line_width=0.0045, wave_height=1.0, grain=1.0):
    sheet = sheet_of(height, width)
    colours = pigments(palette, 3)
    w, h = sheet.right, sheet.bottom
    m = min(w, h)
    rng = random_stream(seed, 1)
    block = Block(sheet)
    ph = rng.uniform(0, 6.28, 8)
    X = np.linspace(-.02, w + .02, 200)
    # sky
    block.fill([(0, 0), (w, 0), (w, h), (0, h)], .98)
    gap = line_width * 2.1
    hz = 0.52 * h
    n1 = random_waves(rng, 5, 14)
    for y in np.arange(0, hz + gap, gap):
        yy = y + .004 * np.sin(X * 9 + ph[0]) + .0015 * n1(np.float32(X * 2), np.float32(X * 0 + y * 8))
        v = y / hz
        cloud = smooth_step(.2, .9, n1(np.float32(X * .55), np.float32(np.full_like(X, y * 2.6))))
        tone = np.clip(.95 - 1.0 * v, .10, 1) * (1 - .85 * cloud)
        half = gap * .5 * np.clip(tone, 0.0, .95) + 0 * X
        half = np.where(half < gap * .05, 0, half)
        block.fill(np.concatenate([np.stack([X, yy - half], 1), np.stack([X, yy + half], 1)[::-1]]), 0.30 if v < .35 else .52)
    # sun
    q = np.linspace(0, 2 * np.pi, 120)
    c = np.array([(.70 + rng.uniform(-.03, .03)) * w, .24 * h]); R = .115 * m
    block.fill(c + (R + line_width * 1.2) * np.stack([np.cos(q), np.sin(q)], 1), 1.0)
    block.fill(c + R * np.stack([np.cos(q), np.sin(q)], 1), 2)
    for k in np.arange(-R, R, gap * 1.15):
        hw = np.sqrt(max(R * R - k * k, 0)); f = (k / R + 1) / 2
        if f > .45:
            th = gap * .55 * (f - .40)
            xx = np.linspace(-hw, hw, 30); prof = th * (1 - (xx / (hw + 1e-6)) ** 4)
            block.fill(np.concatenate([c + np.stack([xx, k - prof], 1), (c + np.stack([xx, k + prof], 1))[::-1]]), 1.0)
    # mountain
    px, pw, phh = (.47 + rng.uniform(-.02, .02)) * w, .30 * w, .20 * h
    t = np.linspace(0, 1, 60)
    left = np.stack([px - pw * (1 - t) , hz - phh * t ** 1.6], 1); right = np.stack([px + .02*w + pw * t, hz - phh * (1 - t) ** 1.6], 1)
    block.fill(np.concatenate([left, right]), .25)
    for f in np.linspace(-1, 1, int(2 * pw / gap / 1.3)):
        s = np.linspace(0, 1, 24); x0 = px + .01 * w; y0 = hz - phh
        xs = x0 + f * pw * s ** 1.0 ; ys = y0 + phh * (1-(1 - np.abs(f) * s) ** 1.6) + (phh * s * (1 - np.abs(f)) * .95)
        snow = .34 + .12 * np.sin(f * 23 + ph[1])
        prof = gap * .45 * np.clip(1 - s / snow, 0, 1) ** .5 + gap * .16 * (s >= snow)
        block.fill(np.concatenate([np.stack([xs - prof, ys], 1), np.stack([xs + prof, ys], 1)[::-1]]), .97 )
    # sea swells
    rows = 10
    waves = [(.95, .60, .085, -1), (.64, .60, .065, 1), (.33, .64, .085, 1), (.81, .72, .14, -1), (.47, .80, .13, 1), (.19, .88, .50, 1), (.98, .99, .27, -1), (.60, 1.07, .20, 1)]
    waiting = sorted(waves, key=lambda o: o[1])
    for k in range(rows):
        f = k / (rows - 1)
        base = hz + (h * 1.08 - hz) * f ** 1.35
        amp = (.008 + .035 * f) * m; fr = (30 - 20 * f) / w
        def swell(off): 
            z = fr * X + ph[2] + k * 2.4
            return base + off - amp * (np.abs(np.sin(z / 2)) * -2 + 1) * (1 if off < .02 else 1)
        block.fill(np.concatenate([np.stack([X, swell(0)], 1), [(w + .02, h + .3), (-.02, h + .3)]]), .22 + .12 * (k % 2))
        while waiting and waiting[0][1] * h < base + .02 * h:
            u, v, s, flip = waiting.pop(0)
            wave(block, ((u + rng.uniform(-.02, .02)) * w, v * h), s * wave_height * m * 1.0, flip, line_width * (1 if s > .12 else .7), rng, (.0, .25, .62, 1.0))
        block.fill(np.concatenate([np.stack([X, swell(0)], 1), [(w + .02, h + .3), (-.02, h + .3)]]), .22 + .12 * (k % 2))
        depth = (h * 1.08 - hz) * ((min(k + 1.6, rows) / (rows - 1)) ** 1.35 - f ** 1.35)
        for i, off in enumerate(np.arange(gap * .6, depth + gap, gap * (1.0 + .5 * f))):
            th = gap * (.36 if i % 4 else .62) * (.55 + .45 * np.sin(X * fr * .5 + i * 1.7 + ph[3])) * (1 + .3 * f)
            y = swell(off)
            block.fill(np.concatenate([np.stack([X, y - th / 2], 1), np.stack([X, y + th / 2], 1)[::-1]]), (1.0, .55, .74, .05)[i % 4])
    level = np.asarray(block.image)
    lut = ramp(colours[:-1], np.arange(256, dtype=np.float32) / 250)
    lut[255] = colours[-1]
    out = lut[level]
    fibre = noise(sheet, random_stream(seed, 2), 240, 14) * .6 + noise(sheet, random_stream(seed, 3), 60, 10) * .5 + .5 * noise(sheet, random_stream(seed, 4), 420, 2)
    worn = np.clip(fibre - 1.15, 0, 1) * (level < 200)
    out = out * (1 + .055 * grain * fibre[..., None])
    out = out + (lut[250] - out) * (worn * .45 * grain)[..., None]
    return sheet.picture(out.astype(np.float32))
