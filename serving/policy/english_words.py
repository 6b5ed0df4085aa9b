"""Words that show English, as `serving.policy.language` counts them: service messages and daily use.

Regular forms (`-s -ed -ing -ly` …) are recognised there and need no place here. `SHARED` are words that English has in
common with other languages, and names of things that are the same in all: alone they show nothing.
"""

_ENGLISH = """
abeg ability able aboard about above abroad absence absent accept acceptable acceptance access accessible accessory
accident accidental accordance according account accountant acct accurate achieve acknowledge acre across act action
activate active activity actual acute adapt adaptor add addition additional address adequate adjacent adjust admin
administer admission admit adopt adult advance advanced advantage advert advice advise adviser advisor advisory
affect afford afraid afternoon afterwards again against age agency agenda agent ago agree agreement ahead aid ail aim
ain't air aircraft airline airport airtime aisle aka alarm album alert alive allergy allotment allow allowance almost
alone along already alter alternative although altogether alumni always amazing amber ambitious amend among amount
analysis anchor and anger angle angry ankle anniversary announce annual anonymous another answer anxious any anybody
anyhow anymore anyone anything anytime anyway anywhere apart apartment apologise apologize apology apparent appeal
appear appliance applicable applicant application apply appoint appointment appreciate approach appropriate approval
approve approx approximate appt apr apron arcade architect are area aren't argue arise arm army around arrange
arrangement arrears arrival arrive arrow article artist aside ask asleep aspect assemble assess asset assign assist
assistance assistant associate assume ate athlete attach attachment attempt attend attendance attendant attention
attic attitude attorney attractive auction audience audio audit aug author authorise authority authorize automatic
autumn availability available avenue average avoid award aware awareness away awful awkward axle baby back backlog
backorder backpack backup bacon badge baggage bake bakery balance balcony ball balloon ballot banana band banker
banking bankruptcy banner barbecue barcode bare barrel barrier barrister basement basic basin basis basket bath
bathroom battery battle bay beach bean bear beard beat beautiful beauty became because become bed bedding bedroom
bedside beef been beer before beforehand began begin beginner begun behalf behave behind being believe bell belong
beloved below belt bench bend beneath beneficiary benefit berry berth beside besides better between beyond bicycle
bid bike bill billable billion bind bird birth birthday biscuit bite bitter black blade blame blank blanket bleak
blend blew blind blink block blood bloom blow blue board boat bodily body boil boiler bold bolt bond bone bonus book
booking booklet bookmark boost border boring borough borrow borrower both bother bottle bottom bought bounce bound
boundary bouquet bow bowl boy brace bracelet bracket brain brake branch brand brand-new brass brave breach bread
break breakdown breakfast breast breath breathe breeze brew brick bride bridge briefing bright brilliant bring broad
broadcast brochure broke broken broker brother brought brown browse browser bruise brush btw bubble buck bucket
budget buffet build builder building built bulb bunch bundle burden bureau burger burglary burn burnt burst bush
business busy butter button buy buyer bye cabin cabinet cable cache cake calculate calendar calibrate calm came
camera camp campaign campus can can't canal cancel candidate candle cannot cant capable capacity caption capture
caravan carbon cardigan care career careful caretaker cargo carpet carriage carrier carrot carry cart case cashier
cast castle casual casualty cat catalog catalogue catch category caught cause caution cautious cease ceiling
celebrate cell cellar centre century ceremony certain certificate certify chain chair challenge chamber chance change
channel chapter character charcoal charge charger charity chart chase cheap cheat check checklist checkout cheers
cheese chemical chemist cheque chest chicken chief child childcare children chocolate choice choose chop chose chosen
church cinema cinnamon circle circuit circulate circumstance citizen citizenship city claim clamp clarify clash class
classic classroom clause claw clean clear clerk clever climate climb clinic clinical clinician clip cloakroom clock
close cloth clothes clothing clue cluster clutch coach coast coastal coat coffee coil coin cold collapse colleague
collect collection collector college color colour colourful column combination combine come comfort comfortable
comment commercial commission commit commitment committee common communicate community commute company comparable
compare comparison compartment compatible compensation compete competent competition compile complain complaint
complete complex compliment comply component compose compost compound comprehensive compulsory computer concern
concerning concert concierge conclude condemn condition condominium conduct cone conf conference confident
confidential confirm conflict confusion congratulations connect connection connector conscious consecutive
consequence consider considerable consignment consist consistent constant constituency construct consult consultant
consultation consume consumer contact contactless contagious contain container content contest context continent
continue contract contractor contractual contribute contribution controversial convenience convenient conventional
conversation conversion convert cook cooker cool coordinate copper copy cordial cordless corner corporate corporation
correct correction correspond correspondence corridor cost costly costume cottage cough could couldn't council
counsel counsellor count counter counterfeit country county couple courier course court courthouse courtyard cousin
cover coverage cow crab crack crate crawl crazy cream create creative credential creditor crew crime criteria
critical crop cross crossing crowd crown crucial cruise cry cup cupboard curb cure curiosity curious curl currency
current curriculum curry curtain cushion custody custom customer customs cut cyber cycle cylinder dad daily dairy
damage damp dance dangerous dark dashboard database daughter dawn day daylight daytime dead dealer dear dearest death
debate debit debt debtor dec decade december decent decide decision deck declare decline decoder decrease dedicated
dedication deduct deed deem deep default defect defective defer deficit define definite degree delay delete delicate
delicious delight deliver delivery demand demo denim dentist depart department departure depend dependant dependent
deploy deposit depot depth deputy deregister derive describe deserve desire desk desktop despatch desperate despite
dessert destination destroy detail detect detector detergent determine detour develop developer device devote dey
diagnose diagram dial dialogue diaper diary did didn't didnt diesel diet differ difference different difficult
difficulty dig digit diner dining dinner diploma direct direction director dirty disability disable disabled disagree
disappear disappoint disaster disc discard discharge disclose disconnect discontinue discount discover discuss
disease dish dishwasher disk dispatch dispenser display disposal dispose dispute disrupt disruption distance distant
distinct distribute district disturb ditch dive diversion divert divide dividend division docs doctor document does
doesn't doesnt dog doing dollar domain domestic don't donation done donor dont doorbell doorstep dosage dot double
doubt down downstairs dozen dr draft dragon drain drainage dramatic draw drawer drawn dream dress drew drill drink
drive driven driver driveway drone drop drought drove drown drug drum dry dual duck duel dues dug dump duplicate
durable during dust dusty duty dwelling dye each eager ear early earn earring earth ease east eastern easy eat eaten
economic economist edge edit edition editor educate education educational effect effective efficient effort egg eight
eighteen eighth eighty either elbow elderly elect election elective electric electrical electrician electricity
electronic elegant element elevator eleven eligible eliminate else elsewhere embark emerge emergency emission employ
employee employer employment empty enable enclose encounter encourage encrypted endless endorse energy enforce engage
engine engineer engineering enhance enjoy enormous enough enquire enquiry enrol enroll enrolment ensuite ensure enter
enterprise entertain entire entitle entity entrance entry envelope environment episode equal equip equipment equity
equivalent escalate escape escort escrow essay essential establish estate estimate etc ethical evacuate evaluate even
evening event eventual ever every everybody everyday everyone everything everywhere evidence evident exact exam
examination examine example exceed excellent except exception excess exchange excite exciting exclude exclusive
execute executive exemption exercise exhaust exhibition exist existing exit expand expect expense expensive
experience expert expire expiry explain explanation explicit explore export expose exposure express ext extend
extension extent external extract extreme eye eyesight fabric face facilitate facility fact factor factory faculty
fade fail failure fair fairy faith fake fall fallen false familiar family famous fancy fare farm farmer fashion
fasten fate father fault faulty favor favorite favour favourable favourite fear feast feather feature feb february
federal feed feel feet fell fellow felt female fence ferry fertility festival fetch fever few fiber fibre field
fifteen fifth fifty fight figure file fill filter finalise finalize finance financial find finding fine finger
fingerprint finish fire fireplace firewood firmware first fiscal fish fit five fix flag flame flammable flat flatmate
flavour flea fleet flew flexibility flexible flight flip float flood floor florist flour flow flower flown flu fluid
flush fly foam fob focus foggy fold folder folk folks follow food foot football footpath footprint footwear forbid
force forecast foreign forename forest forever forgave forget forgive forgot forgotten fork forklift formal former
forthcoming fortnight fortunate fortune forty forum forward foster fought found foundation fountain fourteen fourth
frame fraud fraudulent free freedom freeze freezer freight frequency frequent fresh fri friday fridge friend friendly
frog from front frost froze frozen fruit fuel fun function fund fundamental funeral funny furious furnish furniture
further furthermore fuse future fyi gain gallery game gap garage garden garlic garment gateway gather gauge gave gear
gem generate generation gentle gentleman genuine get gets getting geyser giant girl give giveaway given glad glance
glass glasses glitch globe glove glow glue goal goes going gold golden gone good goodnight goods government gown grab
grace grade graduate grain grammar grandchild grandfather grandmother grant graph graphic grass grateful gratitude
grave gravel gray great green greet greeting grew grey grid grip grocery groom ground group grow grown growth
guarantee guard guess guest guidance guide guideline guilty guitar gum gun gutter guys habit hadn't hail hair
hairdresser half halfway hallway hammer handbook handful handle handler handover handset handsome handy hang hangar
happen happiness happy harbour hard hardship hardware harm harmful harsh harvest has hasn't hatch hate have haven't
having hazard head headache heading headline headphones headset heal health healthy hear heard heart heat heater
heatwave heavy hedge heel height held helmet help helpdesk helpful helpline hence herb here's hereafter hereby
herewith hero herself hesitate hid hidden hide high highlight highway hike hill him himself hinge hint hip hire his
historic history hold holder hole holiday holistic home homemade homeowner homepage homeward homework honest honey
honor honour hoodie hook hope hopeful horn horse hose host hostel hot hour house household housing how however hrs
hug huge human humble humidity hundred hungry hurry hurt husband hybrid hygiene i'll i'm i've ice icon identical
identification identify identity idle if ignore illegal illness illustrate image imagine immediate immigration immune
impact imperfect implement imply import important impose impossible improper improve improvement inaccurate inactive
inadequate inbox incentive inch incident incl include income incomplete inconvenience incorrect increase incur indeed
independent index indicate individual indoor indoors industrial industry inevitable inexpensive infant infection
inflate inform informal information infrastructure ingredient inhaler inherit initial initiate initiative inject
injection injure injury inlet inner innit innocent input inquire insect insert inside insight inspect inspection
inspector inspire install installment instalment instance instant instead institute institution instruct instruction
instructor instrument insufficient insurance insure insurer intact intake integral integrate intelligent intend
intense intention interact interactive interest interfere interim interior international interpreter interrupt
interruption intersection interval intervention interview intimate into introduce invalid invalidate inventory invest
investigate invisible invitation invite invoice involve inwards iron irregular island isn't isnt isolate issue it'll
it's itemised itinerary its itself jab jacket jam jan january jar jaw jazz jeans jewel jewellery jewelry jobcentre
join joint joke journal journey joy judge judgment juice jul july jump jun junction june junior jury just justice
justify keen keep kept kerb kettle key keyboard keyring kick kid kill kilo kilometre kindly kindness kiosk kitchen
kitten knee knew knife knit knock know knowledge known lab labor laboratory labour lack ladder lady lah laid lake
lamp landing landline landlord landmark landscape lane language lapse large lash last latch later latest laugh launch
laundry law lawn lawyer lay layer layout lazy lead leader leaf leaflet league leak leakage lean leap learn lease
leather leave lecture ledger left leg legacy legible legislation legitimate legroom leisure lend lender length
lengthen lens lent less lesser lesson let's letter letterbox letting level lever levy liability liable library
licence license licensee lid lie life lifeguard lifetime lift light lighthouse lighting like likelihood likely
likewise lily limit limited limp line linear linen liner lining lip liquid liquidate listen lit lite litre litter
little living load loaf loan lobby locate location lock locker locksmith lodge loft logbook logistics lone long look
loop loose loosen lorry lose loss lost lot loud lounge love lovely loving low lower loyal loyalty lubricate luck
lucky luggage lunch luxury ma'am machine machinery mad madam made magazine magnet magnetic maid mailbox mainland
maintain maintenance major majority make maker male mall manage manager mandate mandatory mango manner manufacture
many mar marathon marble march margin marina marine market marriage marry mask mass massage massive match mate
maternity maths matinee matter mattress mature maximal maximum may maybe mayor meal mean meaning meant meantime
meanwhile measure meat mechanic mechanical mechanism medal medical medication medicine medium meet melt member
membership memo memorable memorial memory mend mention mentor merchant mere merge mess message meter method metre
microchip microwave midday middle midnight midwife might migrate mild mile mileage military milk mill million mind
mineral mini minimum minister ministry minor mins minute mirror miss missing mistake mixture moderate modern modest
modify module moisture mom moment monday money month monthly mood moon mop more moreover morning mortgage most moth
mother motion motivate motorbike motorway mould mount mountain mouse mouth move movement movie mr mrs ms much mug
multiple multiply mum municipal muscle music must mustn't mute mutual myself nail nanny nap napkin narrative narrow
nasty nation national native nature naughty navigate near nearby nearly neat necessary neck need needle needn't
negative negligence negotiate neighbor neighbour neighbourhood neither nephew nervous nest network neutral never
nevertheless new news newsletter newspaper next nice nickel niece night nine nineteen ninety ninth nobody noise noisy
nominal nominate nomination none nonetheless noodle noon nor north northern nose notable notebook nothing notice
notify nov novel novelty november now nowhere nudge null numerous nurse nursery nut oak oat oath object objection
objective obligation oblige observe obtain obvious occasion occasional occupant occupation occupy occur oct october
odd odour offer office officer official often oga oil ointment old olive omit once one ongoing onion only onto onward
onwards open opera operate operation opinion opponent opportunity oppose opt optician optional orange orchard orchid
ordinary organ organic organisation organise organization organize orientation originate other others otherwise ought
our ours ourselves out outage outcome outdoor outdoors outer outfit outlet output outright outside outstanding oven
overall overboard overcome overdraft overdraw overdue overhead overlook overnight overpay overseas oversee oversized
overtime owe own owner ownership oxygen oyster pace pack package packaging packet pad page paid pain painful paint
pair palace pale pallet panel panic paper paperback paperless paperwork parade parallel parcel parent parish partial
participate particular partnership party passage passcode passenger passive passport past paste pastry patch path
patience patient patrol pattern pause pavement paving paw payee payer payment payout payroll payslip peace peaceful
peach peak pedestrian peek peel pelvic penalty pence pencil pendant pending penny pension pensioner people pepper
percent percentage perfect perform performance perfume perhaps period perk permanent permission permit perpetual
persist persistent person personnel perspective pest pet petal petition petrol pharmacist pharmacy phase photograph
photographer phrase physical physician physio physiotherapist piano pick pickup piece pile pill pillow pilot ping
pink pint pipe pipeline pipework pitch pizza place plain plait plane planner plant plaster plastic plate play
playbook player pleasant please pleased pleasure pledge plenty plot pls plug plumber plumbing plunge plz pocket
podcast poem poetry poison poke pole police policy policyholder polish polite poll pollen pollution pond pony poor
pop populate population porch portable porter portion pose position positive possess possession possibility possible
postage postal postbox postcard postcode poster postman postpone potato potential poultry pound poverty powder power
practical practice practise practitioner praise pray precaution precede precious precise predecessor predict prefer
preference pregnancy pregnant preliminary premises prepaid preparation prepare prescribe prescriber prescription
presence preserve president press pressure presume pretty prevent previous price pride priest primary principle
printer prior priority prison privacy private privilege prize probable probation probe procedure proceed proceedings
procure produce producer production productive profession professional professor programme progress prohibit
prominent promise promote prompt pronounce proof proper property proportion proposal propose prospect prosper protect
protection protocol proud prove provide provider provision provisional proximity public publication publish puddle
pull pump punch punctual puncture punishment pup pupil puppy purchase pure purple purpose purse pursue push put
qualify quality quantity quarter quarterly quay queen query quest question questionnaire queue quick quiet quit quite
quiz quota quotation quote rabbit race rack radiator radical raffle raid rail railing railway rain raise ramp ran
random range rank rapid rash rather ratio rattle raw ray reach react reaction read readable reader reading realise
realistic reality realize realm reappear rear rearrange reason reasonable reassure rebate rebook rebuild receipt
receive receiver recent reception receptionist recharge recheck recipe recipient reckon recognise recognize recommend
reconcile reconnect record recording recover recovery recruit recruiter rectify recurring recycle redeem redeliver
redelivery redirect reduce reduction redundant reel refer referee reference referral refill refine reflect reform
refresh refrigerator refuge refund refundable refusal refuse reg regain regarding regardless region regional register
registrar registration registry regret regretful regulate regulation regulator rehearsal reimburse reinstate reissue
reject rejoin relate related relation relationship relative relaunch relax relay release relevant reliability
reliable relief religion relocate reluctant rely remain remainder remark remarkable remember remind reminder remit
remote removal remove render renew renewal renovate rent rental reopen reorder rep repaint repair repairer repay
repayment repeat repeated repeater replace replacement reply represent representative reprint reproduce reputation
request require requirement reroute resale reschedule rescue research resell resemble resend reservation reserve
reservoir reside residence resident residential residual resign resist resolution resolve resort resource respect
respective respond response responsibility responsible restock restore restrict restriction result resume retail
retailer retain retire retirement retreat retrieve retry return reveal revenue reverse review revise revision revisit
revive revoke reward rewrite ribbon rice rich rid ride rider right rigid ring rinse ripe rise risen risk ritual river
road roadworks roam robbery robot rock rode role roll rolling romantic roof rooftop room roommate root rope roster
rota rotate rotation rough round routine row royal rubber rubbish rug ruin rule run runtime runway rush sack sad safe
safety said sail sailing salad salary salmon salon salt salute same sample sand sandbox sandwich sang sapling sat
satin satisfied saturday sauce sauna save saving saw say scaffolding scale scalp scam scarce scarf scatter scene
schedule scheme scholar scholarship school schoolwork science scissors scoop scooter scope scratch scream screw
screwdriver scroll scrub sculpture seafood seal search seaside season seasonal seat seating sec second secondary
secret secretary secs section sector secure security see seek seem seen segment seize seizure select selection
selective self sell seller semester seminar senate send senior sense sensible sensitive sent sentence sep separate
sept september sequence serial series serious serve setting settle settlement setup seven seventeen seventh seventy
several severe severity sew sewage sewer shade shadow shake shall shampoo shan't shape share sharp sharpen she shed
sheet shelf shell shelter shield shift shine ship shipment shipper shirt shoe shook shoot shopper shopping shore
short shortage shorten shot should shoulder shouldn't shout shower shown showroom shrink shrunk shut shuttle shy
sibling sick sickness side sideways sight sign signage signal signature significant silence silent silk silly silver
similar simple simplify since sincere sing single sink sip sister sit situation sixteen sixth sixty size sketch skill
skin skip skirt sky slab sleep sleeve slept slice slide slight slim slip slippery slope slot slow small smart
smartphone smell smile smoke smooth smoothie snack snap sneaker snow soak soap society sock socket sofa soft soil
solar sold solicitor solid solution solve some somebody somehow someone something sometimes somewhat somewhere song
soon sorry sort sound soup sour source south southern space spacious span spare spark speak speaker spec specialist
species specific specify specimen spectator speech speed spell spelling spend spent spicy spill spin spinach split
spoil spoke spoken sponsor spoon spot spouse spray spread spreadsheet spree spring square squat squeeze stable
stadium staff stage stagger stain stair staircase stairs stake stall stamp stand standby standpoint stare starve
state statement static station stationery statistics statue statute statutory stay steady steal steam steel steep
steer stem step sterile steward stick stiff still stir stitch stole stolen stomach stone stood stool stopover storage
storey storm story stove straight straightaway straighten strain strange stranger strap strategic strategy straw
strawberry streak stream street strength strengthen stress stretch strict strike string strip stroller strong
structure struggle stuck student study stuff stunning sturdy stylish subject submit subscribe subscriber subscription
subsequent subsidy substance substantial substitute subtract suburb succeed success such sudden suffer sufficient
sugar suggest suggestion suit suitable suitcase suite sum summarise summary summer summons sunday sunglasses sunlight
sunny sunset superb superior supermarket supervise supervisor supper supplement supplementary supplier supply
supportive suppose surcharge sure surface surge surgeon surgery surgical surname surplus surprise surrender surround
surroundings survey survive sushi suspect suspend suspension suspicious sustainable swab swap swear sweat sweater
sweep sweet swell swept swim swing swipe switch switchboard swum symbol sympathy symptom sync syringe syrup table
tackle tad tail tailor take takeaway taken talent talk tall tank tape target tariff task taste taught taxpayer teach
teacher tear tech technical technician technique technology teenager telephone telescope television tell telly
temperature temple temporary tenancy tenant tend tendency tender tenner tennis tension tent tenth tenure term
terminate terrace terrible territory testimony textbook than thank thankful thanks that that's thaw theater theatre
theft their theirs them theme themselves then theory therapist therapy there there's thereafter therefore therein
thereof thermometer thermostat these they they'll they're thick thickness thief thin thing think third thirst thirsty
thirteen thirty this thorough those though thought thousand thread threat threaten three threw throat through
throughout throw thrown thru thu thumb thunder thunderstorm thurs thursday thus thx tick tide tidy tie tight tighten
til tile till tilt timber time timeline timescale timetable tin tint tiny tire tired tissue title tmrw toast tobacco
today toddler toe together toggle toilet told tolerate tomato tomorrow tone tongue tonight tonite too took tooth top
topic torch tore torn torque touch tough tourist tournament tow toward towards towel tower town toxic toy trace
tracing track tracker tractor trade trader tradition traditional traffic tragic trail trainee training tram
transaction transcript transform transition translate translation translator transmission transmit transparency
transparent transplant transport travel traveller tray treat treatment treaty tree tremendous tribunal trick tricky
trigger trim trip tripod trolley troop tropical trouble trousers truck true trunk trust trustee truth try tue tuesday
tuition tummy tune turbine turn tutor tutorial twelve twentieth twenty twice twin two txt typical tyre ugly
ultimate ultrasound umbrella unable unattended unauthorised unauthorized unavailable unaware uncertain unchanged
unclaimed uncle unclear uncommon undelivered undergo underground underlying underneath understand understanding
understood undertake underwrite undo unemployment uneven unexpected unfortunate unhappy unhelpful uniform union
unique unit universal university unknown unless unlikely unlimited unlock unnecessary unpack unpaid unpleasant unplug
unread unreliable unsafe unsettled unsubscribe unsuccessful until unusual unwanted unwell up upcoming upload upon
upper upright upset upstairs upwards ur urban urge urgent us usage use useful useless username usually utilise
utility utilize vacancy vacant vacate vacation vaccinated vaccination vaccine vacuum vague valid validate validity
valley valuable valuation value valve vanish variant variation variety various vary vase vast vault vegan vegetable
vehicle velvet vend vendor ventilate venue verification verify versus vertical very vessel vet veterinary viable
vicinity victim victory view viewer viewing village vine violate violence violin virtual virus visibility visible
vision visit visitor vitamin vocabulary voice voicemail void volcano volt voltage volume voluntary volunteer vote
voyage vulnerable wagon wait waiter waiting waitlist waive waiver wake walk wall wallet want ward wardrobe warehouse
warm warmth warn warning warrant warranty wash washing wasn't wasnt waste watch water waterway wave way we we'd we'll
we're we've weak weaken wealth weapon wear weather webinar wed wedding wednesday weed weekday weekend weekly weigh
weight weird welcome welfare well wellness went were weren't west wet what what's whatever wheel wheelchair when
whenever where whereas wherever whether which whichever while whirl white who whoever whole wholesale whom whose why
wide widen width wife wig wildlife willing win window windscreen windy wine wing winner winter wipe wire wireless
wiring wisdom wise wish wishlist with withdraw withdrawn withdrew wither withhold within without witness wk wks woke
woken woman women won't wonder wonderful wont wood wooden wool word wore work workday worker workforce working
workout workplace workspace world worldwide worn worried worry worse worst worth would wouldn't wound wrap wreath
wreck wrist wristband write writer writing written wrong wrote y'all yard year yellow yes yesterday yet yield you
you'd you'll you're you've young your youre yours yourself youth yr yrs zero zip
"""
_SHARED = """
non a ac after all alle also am amazon amen an android animal api app apple apps apt art as asap at atm auto aws ba bad
bag ban bank bar barn base batch be best beta big bin bit blog boot bot box brief bug bus but by cafe call cap
capital car card cash cent center central ceo chat chef china chrome civil cli click client cloud club cm cod code
con control cookie coupon crash credit cvv data date dc deadline deal den dental design die digital dim dip diy do
don door dose download due duo e-mail ego email emi end era error et eta eur euro ev extra facebook fan fans faq far
fast fat fax fee feedback film fin final firm fitness flash font for form format fort four full gala gang gas gate gb
gbp gdpr gel general gift gin global gmail go google got gps gram grand gross gym had hall halt hand hat hd he hello
her here hers hey hi hit hob hobby hop hospital hotel hr hub hum i i'd iban id ide idea ideal idee ill imei imps in
info inr instagram internal internet ios ipad iphone is isbn it item job kg kin kind kit km kyc label lama lan land
lap laptop late led legal let lied link list live local log login mac mail main mal man manual map mark marketing
mars master mastercard mat material mb me media meeting men mental menu met metal mfa min mine minus mix ml mm mobile
mode model modem monitor moral mot motor mp3 museum my name natural nd neft net nfc no normal not note notification
nu number o of off offline oh ok okay on online operator option or oral order original otp over pan par park parking
part partner pass password pater pay paypal pc pdf pen per personal phone photo picture pie pin plan platform plural
plus pm pnr point pool popular port portal pos post pot pour premium present principal print pro problem process
product profile profit program project promo pub px qr radio rang rare rate rd re ready real red ref regard regular
report reset rest restart restaurant rose route router rural safari sale sas scan score screen script sdk sea sen
sensor server service session set shop show sim sin sir site six sku sms so social software sol sole son sos spa spam
special sport ssd st standard star start status stock stop store streaming studio style sun super support suv swift
system tab tablet tag tap tarif tax taxi tbc tea team ten terminal test text th the thriller ticket timer tip to
token ton tool total tour tracking trailer train trainer transfer transit trend trial tube tunnel tv type under
update upgrade upi url usb usd user usual van vat vers verse version via video villa vip visa visual vital vocal
voucher vpn wand war wart was web website week western whatsapp wie wifi wild will wind windows wolf won workshop
wort xl y yoga youtube zone zoo zoom
"""
SHARED = frozenset(_SHARED.split())
ENGLISH = frozenset(_ENGLISH.split()) - SHARED
