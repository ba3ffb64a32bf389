/**
 * English words for what one person asks about and another has written, a line for each meaning, without inflections:
 * words that say nearly the same, and behind a colon words for kinds of it. A kind is related to what stands before
 * the colon and to no other kind: who asks about the violin is not answered by the piano.
 */
export const SYNONYMS = `
beginner newbie novice starter newcomer rookie inexperienced
expert advanced experienced professional veteran
alcohol drink booze : wine beer cocktail spirit liquor whisky vodka champagne gin rum cider
caffeine : coffee espresso tea cola latte cappuccino matcha
drink beverage : juice soda lemonade smoothie water coffee tea milk
hydrate hydration thirsty drink sip
eat food nutrition diet dish dine bite
snack : nut bar biscuit crisp fruit sweet chocolate cake
meal : breakfast lunch dinner supper brunch
dinner supper
vegan vegetarian plant-based
animal : dog cat horse bird rabbit fish meat egg milk dairy
meat : beef pork chicken poultry ham sausage steak bacon turkey lamb
fish seafood : salmon tuna cod shrimp
dairy lactose : milk cheese yogurt butter cream
sweet sugar : candy chocolate dessert cake biscuit cookie honey
treat reward
fruit : apple banana berry orange grape pear date
vegetable greens : carrot onion tomato salad spinach broccoli
starch carbohydrate carb : bread pasta rice potato oat noodle flour grain toast cereal
fat : oil butter nut avocado
protein : meat egg bean quark whey fish tofu lentil yogurt chicken
supplement : vitamin mineral magnesium iron creatine zinc omega pill capsule powder
pill tablet capsule
calorie kcal energy
chocolate cocoa
weight kilo kilogram pound kg
weight scale weigh
weight load : kettlebell dumbbell barbell plate
ball : kettlebell
heavy weight
slim thin lean
fat overweight obese weight
pain hurt ache sore cramp painful
injury injured hurt wound
dizzy dizziness faint vertigo spin
ill sick illness disease sickness unwell : flu cold fever infection virus influenza
vomit throw sick nausea queasy
belly stomach gut tummy abdomen
joint : knee hip ankle elbow wrist shoulder
knee kneecap
back spine lumbar
hand finger palm
foot feet toe heel sole
leg : calf shin thigh hamstring
shin tibia
head skull
headache migraine head
brain mind head memory
heart chest cardiac
throat voice larynx hoarse
hoarse rough husky
breath breathe breathing inhale exhale lung
skin : rash itch eczema acne
eye sight vision
tooth teeth dental dentist
doctor physician medical gp : specialist surgeon dermatologist dentist cardiologist
hospital clinic emergency
vet veterinarian animal
therapist psychologist counsellor counselor psychiatrist psychotherapy therapy
medicine medication drug prescription medicament
pregnant pregnancy expecting expectant
emergency urgent acute ambulance
sleep asleep bed night doze snooze slumber
nap siesta snooze
insomnia sleepless awake wake
awake wake wakeful
tired fatigue exhausted weary drained tiredness
burnout exhausted exhaustion overworked
stress pressure tension overwhelmed strain
calm relax relaxed relaxation soothe unwind
fear afraid anxiety anxious worry nervous nerves panic scared fright
stage podium
sad depressed depression unhappy grief
angry anger rage mad furious annoyed
happy joy glad pleased
shy introvert embarrassed
motivation drive willpower motivated
motivation lazy
stop quit leave withdraw terminate exit
cancel withdraw withdrawal terminate termination unsubscribe
start begin beginning commence launch
end finish complete conclude over
continue proceed resume
pause break freeze hold interrupt suspend rest
repeat again retry redo resit once
fail failed failure flunk
pass succeed success
late delay delayed
deadline due until latest
overdue unpaid late
early soon
fast quick rapid prompt quickly
slow slowly gradually
price cost fee rate charge tuition tariff fare
cheap cheaper inexpensive discount less reduced
expensive dear costly price
pay payment settle transfer
pay : card cash cheque paypal invoice
invoice bill
instalment installment part rate split portion spread payment
discount reduction cheaper reduced reduce less percent off rebate concession save
refund reimburse reimbursement money back
money cash fund
free gratis complimentary charge
buy purchase acquire
sell sale
student pupil learner apprentice trainee university
pensioner retired retiree senior elderly
unemployed jobless work job
salary wage income earn pay
job work occupation profession employment career
boss manager supervisor employer
colleague coworker teammate
company firm business enterprise employer
client customer buyer
meeting call session appointment gathering conference
meet meeting gather
session lesson class hour
lesson class hour unit
phone call ring telephone
message text mail email write
answer reply respond response
answer comment feedback reply
reach contact message
recording record recorded video film tape footage
video clip film
watch see view
audio sound
photo picture image photograph
show display demonstrate
tell say talk mention confide
keep store save retain archive
delete erase remove destroy wipe
forever always permanent long
privacy private confidential secret confidentiality confidence
data notes information record details
nickname anonymous pseudonym
child kid : son daughter teenager toddler baby boy girl grandchild
minor underage child adult years
age old years adult minor young
baby newborn infant
parent guardian : mother father mum dad mom
partner spouse couple : wife husband boyfriend girlfriend
couple pair duo two both
family relative household
friend buddy mate pal
neighbour neighbor door
dog puppy pup hound canine : labrador spaniel poodle terrier retriever
cat kitten feline
home house
flat apartment
room bedroom hall
office desk workplace
screen monitor display
screen : computer phone laptop tv
travel trip journey : holiday vacation hotel flight
holiday vacation closed
car drive vehicle
park parking
bus train transport
street road
venue location place address room
spot slot
flight plane fly
bag backpack rucksack
shoe sneaker sneakers trainer footwear boot
clothes clothing wear outfit dress : jacket shirt trousers coat gloves
equipment gear kit tool
need require required necessary must
bring carry along
mat towel
notebook book journal diary notes
diary log journal tracker
document paper certificate form card
certificate diploma attestation
proof evidence certificate
exam test assessment
point score mark result
level grade stage
register sign enrol enroll registration signup
join participate attend
attend present participate
reschedule move postpone shift
absent absence miss missed skip
train training workout exercise session
exercise : squat lunge plank row deadlift press swing pushup curl
sport fitness gym exercise
practise practice rehearse rehearsal train drill
run jog running jogging
race competition contest event
marathon race
walk stroll
step walk
climb hill mountain ascent uphill slope
stairs staircase steps
cycle bike bicycle cycling
swim swimming pool
stretch stretching flexibility
strength strong power force
muscle strength
progress improve improvement better advance
easy simple
hard difficult tough challenging demanding
intensity intense effort hard
increase add raise more heavier grow
decrease reduce lower fewer less
repetition rep repeat
repeat times
set round
minute min
daily day everyday
weekly week
monthly month
yearly annual annually year
weekend : saturday sunday
weekday : monday tuesday wednesday thursday friday
noon midday
evening night tonight
often frequently frequency every regularly
fortnight weeks
always every constantly
last latest final
latest until last
permitted allowed permission allow may
forbidden prohibited allowed ban
mandatory compulsory obligatory required voluntary
voluntary optional compulsory mandatory
recommend advice recommendation suggest tip advise
help support assist assistance aid
rule policy regulation
terms condition conditions
problem trouble issue difficulty
mistake error slip wrong
solve solution fix remedy
habit routine ritual
goal aim target objective
schedule timetable calendar plan
programme program course
course class training workshop curriculum
teacher coach trainer instructor tutor mentor
group class circle team
member participant
guest visitor visit
guest interview interviewee
listener audience
audience crowd public people
episode podcast
book read manuscript
read reading
learn study
memorise memorize heart memory remember
forget blank
explain describe clarify
speech talk presentation lecture present
speak talk
slide slides powerpoint presentation
microphone mic
font letters letter
letter size
print printed handout paper
colour color : red blue green yellow black white
big large great size
small little tiny
duration long last length take
length long
height high tall
temperature warm hot heat degrees cool cold
weather : rain snow sun storm thunder drizzle wind
wet rain
light lamp torch bright
dark night
noise noisy loud quiet
loud volume noise
clean wash wipe cleaning
dirty clean
broken damage defect
lost lose gone
open opening
closed close shut
delivery ship shipping parcel
insurance cover liability
law legal lawyer
contract agreement subscription membership
tax revenue finance
loan debt credit owe
bank account
invest investment stock
receipt invoice
computer laptop pc notebook
phone smartphone mobile handset
internet online web wifi
app application software
password login account
instrument : piano keyboard guitar violin drum flute
keyboard piano
song piece tune
music song
sing singing vocal
bark barking
bite nibble chew
leash lead
pee toilet urinate accident
poison poisonous toxic
swallow eat
wheelchair disabled disability lift accessible elevator
lift elevator
man male
woman female women lady
person people
alternative instead replace substitute
same equal identical
together joint both
share together
alone single solo yourself self
individual private single personal one-to-one
beside near next close
before prior ahead advance
after afterwards following later
inside indoors indoor
outside outdoors outdoor
whole entire full complete
empty fasting
ready prepared prepare fit
safe safety secure
dangerous danger risk risky
smoke smoking cigarette tobacco
focus concentrate concentration attention
distract distraction interrupt
procrastinate postpone avoid putting
decide decision choose choice
thought idea mind
opinion view think
feel feeling emotion
marriage wedding marry married
divorce separation separate
quarrel argue conflict fight
interrupt cut
listen hear
sit seat sitting chair
stand standing
rise up
jump leap
adapt switch adjust change
use usage
wait patience
try attempt
win winner
dull boring
interesting exciting
idea inspiration
write note
paper sheet
cut chop slice
cook recipe kitchen
bake oven
freezer frozen freeze
fridge refrigerator
spice herb : salt pepper
portion serving amount plate
hungry hunger appetite craving
craving urge desire itch
fast fasting
scroll social phone
alarm clock
clock watch time
pillow mattress bed
snore snoring apnoea
breathing breath : snoring
shift night rota
sunlight daylight sun light
garden yard outside
trail path track
map route directions
summit top peak
shop store boutique
voucher coupon gift
gift present voucher
parcel package
package bundle offer
extra additional surcharge
total sum amount altogether
share percent
minimum least
maximum most limit
enough sufficient suffice
nothing none zero
everybody everyone all
number many
owner founder
employee staff worker
apply application
interview application
promotion raise
negotiate bargain haggle
quote estimate
budget spend
expense spend cost
profit earn gain
savings save reserve buffer
buffer reserve cushion emergency
interest percent
rent lease
penalty fine
reminder remind notify
inform tell notify
publish post release
upload send
website site page
newsletter mail
trial test
example sample
copy photocopy duplicate
scan photograph
backup copy
table list chart
summary overview
detail exact
correct proper
wrong incorrect
study research
professor scientist researcher
nurse hospital
vaccine vaccination jab
surgery operation operated
heal healing recover cure
recover recovery regenerate rest
treat treatment therapy
symptom sign
sign signal
notice see
understand grasp comprehend
strange odd weird unusual
usual normal regular ordinary
rare seldom
immediately once now instantly
currently now today
recently lately
earlier previous past former before
future later
hurry rush
hobby leisure
game play
prize award medal
position posture stance
posture upright position
twist turn rotate
shake tremble shaking
stuck block blocked
obstacle barrier hurdle
excuse reason
reason why cause
trigger cue cause
reward praise prize
review feedback check
check test inspect
track measure log record
device gadget machine
stuff things
part piece section
middle halfway half
edge border
drop fall
accident crash
addiction addicted dependency
promise commitment commit vow
entitled eligible right
complain complaint dissatisfied
sorry apologise apology
hidden hide
camera webcam
headphones headset earphones
concert recital performance show
perform performance
rhythm beat tempo
speed pace tempo
score sheet notes
draw drawing sketch
paint painting
knit wool yarn
fabric cloth textile
repair mend fix
swap exchange replace change
borrow lend
hire rent
seat place
carpet rug floor
bathroom toilet restroom
fuel petrol
licence license permit
consent agree agreement permission
refuse reject decline
confirm confirmation
reserve book reservation booking
queue wait line
entry entrance admission
arrive arrival
departure leave
kind sort type
brand make
collar harness
cage crate box
breed kind
claw nail
obey obedience command
recall come
aggressive aggression growl
lonely alone
death die dead
cry tears
joke laugh humour
strict harsh
fair just
rich wealthy
complicated complex difficult
confused unclear
one 1 first once
two 2 second twice
three 3 third
four 4 fourth
five 5 fifth
six 6 sixth
seven 7 seventh
eight 8 eighth
nine 9 ninth
ten 10 tenth
eleven 11
twelve 12 twelfth
thirteen 13
fourteen 14
fifteen 15
sixteen 16
seventeen 17
eighteen 18
nineteen 19
twenty 20
thirty 30
forty 40
fifty 50
sixty 60
seventy 70
eighty 80
ninety 90
hundred 100
thousand 1000
`
