"""Whose pictures went in, under what licence, and how the result says so.

The way through this folder: `facts` and `licences` (what can be known), `reading` and `inputs` (what
the files tell, before painting), `rules` (what follows), `credit` and `writing` (how the result says
it), `credentials` (a signature over it).
"""

from stylelab.rights.credentials import Credentials, read_credentials, sign_picture
from stylelab.rights.credit import credit_line, input_credit
from stylelab.rights.inputs import read_input_rights, sample_rights
from stylelab.rights.licences import CHART, LICENCES, Licence, find_licence
from stylelab.rights.reading import read_ingredient_rights, read_rights
from stylelab.rights.record import Rights
from stylelab.rights.rules import RULES, Finding, Verdict, combine_rights
from stylelab.rights.writing import COMPOSITE_SOURCE_TYPE, RightsStatement, make_rights_statement

__all__ = [
    "CHART",
    "COMPOSITE_SOURCE_TYPE",
    "LICENCES",
    "RULES",
    "Credentials",
    "Finding",
    "Licence",
    "Rights",
    "RightsStatement",
    "Verdict",
    "combine_rights",
    "credit_line",
    "find_licence",
    "input_credit",
    "make_rights_statement",
    "read_credentials",
    "read_ingredient_rights",
    "read_input_rights",
    "read_rights",
    "sample_rights",
    "sign_picture",
]
