"""A pen drawing."""

from __future__ import annotations

import numpy as np

from stylelab.painting.canvas import *

SEPIA: Palette = ("#17161d", "#4a2c1c", "#d0a873", "#f5e8cd")


def ink_hatching(height=384, width=512, *, seed=0, palette=SEPIA, line_width=0.0026, stroke_length=0.09, direction=0.0, contrast=1.0):
    from scipy.ndimage import distance_transform_edt, gaussian_filter
    sheet = sheet_of(height, width, 1024)
    colours = pigments(palette, 2)
    turn = angle_of(direction)
    w, h = sheet.right, sheet.bottom
    m = min(w, h)
    rng = random_stream(seed, 1)
    ph = rng.uniform(0, 6.28, 12)
    x, y = np.broadcast_arrays(sheet.x, sheet.y)
    broad = fractal_noise(sheet, random_stream(seed, 2), 5, 4)
    fine = fractal_noise(sheet, random_stream(seed, 3), 24, 3)
    clouds = fractal_noise(sheet, random_stream(seed, 4), 3.5, 5, .5)
    sx, sy, sr = (.27 + rng.uniform(-.04, .04)) * w, .22 * h, .075 * m
    r = np.hypot(x - sx, y - sy)
    region = np.zeros(x.shape, np.int64)
    # sky
    tone = .46 - .30 * np.exp(-(r / (.24 * m)) ** 2) + .22 * (.3 - y / h) + .05 * broad
    billow = clouds + .5 * np.sin(y / h * 14 + ph[9])
    puff = smooth_step(.35, .55, billow)
    tone = tone * (1 - puff) + puff * (.02 + .42 * smooth_step(.75, 1.6, billow))
    across = y + .09 * m * np.exp(-(r / (.3 * m)) ** 2) * np.sign(y - sy) * (1 - np.exp(-((y - sy) / (.1 * m)) ** 2)) + .012 * np.sin(7 * x / w + ph[0])
    along = x + 0 * y
    tilt = np.zeros_like(x)
    def put(mask, reg, t, a, b):
        nonlocal region, tone, across, along
        region = np.where(mask, reg, region); tone = np.where(mask, t, tone); across = np.where(mask, a, across); along = np.where(mask, b, along)
    put(r < sr, 1, 0.0, across, along)
    def rot(a, b, deg):
        c, s = np.cos(np.radians(deg)), np.sin(np.radians(deg))
        return a * c - b * s, a * s + b * c
    hills = [(.46, .05, 5.0, 40, .50), (.54, .06, 4.2, -48, .60), (.64, .06, 3.4, 55, .62), (.76, .05, 2.6, -35, .66)]
    def ridge(k, xx):
        b, a, f, _, _ = hills[k]
        return h * (b - a * np.sin(f * xx / w + ph[k]) - .35 * a * np.sin(2.7 * f * xx / w + ph[k + 4]))
    for k in range(4):
        line = ridge(k, x); d = y - line
        slope = np.gradient(line, axis=1) * sheet.unit
        t = hills[k][4] - .50 * np.exp(-np.clip(d, 0, 1) / (.05 * h)) - .7 * slope + .10 * broad + .02 * k
        if k == 3:
            vx, vy = .45 * w, .58 * h
            fur = np.sin((x - vx) / (y - vy + .02) * 26)
            t = .40 + .34 * fur + .1 * broad - .25 * np.exp(-np.clip(d, 0, 1) / (.03 * h))
        if k == 1:
            rows = np.sin((d / (.012 * h + .10 * np.clip(d, 0, 1))) * 5.5)
            t = t + .20 * rows * (d > .02 * h)
        a, b = rot(d * 1.0, x, hills[k][3])
        put(d > 0, 2 + k, t, a + .5 * d * d, b)
        # hamlet on hill 2, trees standing on each hill
        if k == 2:
            for j, (u0, sc) in enumerate(((.50, 1.0), (.545, .8), (.585, 1.1), (.635, .85))):
                cx = (u0 + .0) * w; s = .036 * m * sc; by = float(ridge(2, np.float64(cx))) + .02 * h
                wall = (np.abs(x - cx) < s * .7) & (y < by) & (y > by - s)
                put(wall, 20 + 3 * j, np.where(x > cx + .1 * s, .72, .06), x, y)
                roof = (y <= by - s) & (y > by - 1.75 * s) & (np.abs(x - cx) < s * .85 * (1 - (by - s - y) / (.75 * s) * .62))
                put(roof, 21 + 3 * j, .80, *rot(y, x, 25))
                door = (np.abs(x - cx + .25 * s) < s * .13) & (y < by) & (y > by - .5 * s)
                put(door, 22 + 3 * j, 1.0, x, y)
            cx = .605 * w; by = float(ridge(2, np.float64(cx))) + .01 * h; s = .05 * m
            tower = (np.abs(x - cx) < s * .28) & (y < by) & (y > by - 1.9 * s)
            put(tower, 40, np.where(x > cx, .8, .1), y, x)
            spire = (y <= by - 1.9 * s) & (np.abs(x - cx) < s * .34 * (1 - (by - 1.9 * s - y) / (1.5 * s))) & (y > by - 3.4 * s)
            put(spire, 41, np.where(x > cx, .95, .45), x, y)
        groups = {1: [(.12, .13), (.17, .10), (.66, .11), (.71, .15), (.76, .10)], 2: [(.34, .12), (.38, .15), (.92, .13)], 3: [(.83, .44), (.92, .36), (.755, .25), (.06, .30), (.125, .20)]}
        for j, (u0, s) in enumerate(groups.get(k, [])):
            cx = (u0 + rng.uniform(-.012, .012)) * w; by = float(ridge(k, np.float64(cx))) + (.025 if k < 3 else .05) * h; s = s * h * rng.uniform(.92, 1.08)
            sh = (((x - cx - .40 * s) / (.42 * s)) ** 2 + ((y - by - .05 * s - .02 * s * fine) / (.05 * s)) ** 2) < 1
            tone = np.where(sh & (region <= 5) & (y > ridge(k, x)), np.maximum(tone, .82), tone)
            trunk = (np.abs(x - cx) < .02 * s) & (y < by) & (y > by - .2 * s)
            put(trunk, 60 + 20 * k + j, .95, x, y)
            q = (by - .07 * s - y) / (.93 * s); qc = np.clip(q, 0, 1)
            wd = s * .16 * np.clip(np.sin(np.pi * qc ** .7), 0, 1) ** .65 * (1 + .10 * fine + .10 * np.sin(qc * 30 + j)) + 1e-4
            side = (x - cx) / wd
            inside = (q > 0) & (q < 1) & (np.abs(side) < 1)
            put(inside, 70 + 20 * k + j, .70 + .38 * side + .22 * fine, *rot(y + .35 * wd * side ** 2, x, -38))
    tone = np.clip(tone * contrast, 0, 1.1)
    # outline
    edge = np.zeros(x.shape, bool)
    edge[:, 1:] |= region[:, 1:] != region[:, :-1]; edge[1:] |= region[1:] != region[:-1]
    near = distance_transform_edt(~edge) / sheet.unit
    px = 1 / sheet.unit
    ink = smooth_step(.5 * px, -.5 * px, near - line_width * .5 * (.75 + .45 * broad + .1 * fine))
    # hatching
    wobble = noise(sheet, random_stream(seed, 5), 9) * .0012 + noise(sheet, random_stream(seed, 6), 40) * .00025
    tone_soft = tone + .05 * fine
    for k, (deg, low, gap_) in enumerate(((0, .07, 2.9), (0, .40, 2.9), (58, .50, 3.0), (-46, .68, 2.9), (95, .84, 2.8))):
        gap = gap_ * line_width
        a, b = rot(across + wobble, along, deg + np.degrees(turn))
        if k == 1: a = a + gap / 2
        n = np.floor(a / gap)
        hash1 = np.mod(np.sin(n * 12.9898 + k * 78.233 + region * 3.7) * 43758.5453, 1.0)
        seg = b / (stroke_length * (.7 + .6 * hash1)) + hash1 * 7
        piece = np.floor(seg); f = seg - piece
        hash2 = np.mod(np.sin(n * 39.346 + piece * 11.135 + k * 5.1) * 24634.6345, 1.0)
        off = (hash2 - .5) * .35
        dist = np.abs(a / gap - n - .5 + off) * gap
        gy, gx = np.gradient(a); g = np.clip(np.hypot(gx, gy) * sheet.unit, .4, 3)
        press = smooth_step(low, low + .22, tone_soft + (hash2 - .5) * .10)
        ends = np.clip(np.minimum(f, 1 - f) * 9, 0, 1) ** .5
        half = line_width * .5 * press * ends * (.72 + .4 * hash2 + .35 * np.clip(tone - low, 0, 1))
        c = smooth_step(.6 * px, -.6 * px, dist / g - half) * (half > .15 * px)
        ink = np.maximum(ink, c * (.80 + .20 * hash1))
    tooth = noise(sheet, random_stream(seed, 10), 330) + .6 * noise(sheet, random_stream(seed, 11), 160, 5)
    mottle = fractal_noise(sheet, random_stream(seed, 12), 4, 6, .6)
    wash = gaussian_filter(np.clip(tone - .30 + .12 * mottle, 0, .8), sheet.unit * .005)
    shade = np.clip(.05 + .045 * mottle + .02 * tooth + .75 * wash, 0, 1)[..., None]
    paper = colours[-1] + (colours[-2] - colours[-1]) * (shade if len(colours) > 2 else shade * .2)
    paper = paper * (1 + .012 * tooth[..., None])
    brown = smooth_step(-.6, 1.4, broad + .5 * fine)[..., None] * (.8 if len(colours) > 3 else 0)
    dark = colours[0] * (1 - brown) + colours[1] * brown
    a = np.clip(ink * (.94 + .05 * tooth), 0, 1)[..., None]
    return sheet.picture((paper * (1 - a) + dark * a).astype(np.float32))
