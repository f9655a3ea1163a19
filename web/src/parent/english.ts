// Every page's English in one file, so that a switch of the language is one request.
import app from './messages.en'
import auto from './auto/messages.en'
import bind from './bind/messages.en'
import control from './control/messages.en'
import home from './home/messages.en'
import inbox from './inbox/messages.en'
import pay from './pay/messages.en'
import seeing from './seeing/messages.en'
import settings from './settings/messages.en'
import signin from './signin/messages.en'

export default { app, auto, bind, control, home, inbox, pay, seeing, settings, signin }
