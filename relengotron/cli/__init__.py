"""How do people ask, look and order from a terminal?"""
