"""Rights of the input pictures, and how a result states them.

`record` and `licences` say what can be known about a picture, `reading` and `inputs` read it, `rules`
draws the consequences, `credit` and `writing` state them in the result, `credentials` signs it.
"""

from stylelab.rights.credentials import Credentials, read_credentials, sign_picture
from stylelab.rights.credit import credit_line, input_credit
from stylelab.rights.inputs import read_input_rights
from stylelab.rights.licences import LICENCES
from stylelab.rights.reading import read_ingredient_rights, read_rights
from stylelab.rights.record import Rights
from stylelab.rights.rules import Verdict, combine_rights
from stylelab.rights.writing import RightsStatement, make_rights_statement

__all__ = [
    "LICENCES",
    "Credentials",
    "Rights",
    "RightsStatement",
    "Verdict",
    "combine_rights",
    "credit_line",
    "input_credit",
    "make_rights_statement",
    "read_credentials",
    "read_ingredient_rights",
    "read_input_rights",
    "read_rights",
    "sign_picture",
]
